import { spawn } from "node:child_process";

/** What starts a browser fails at once, or goes on for as long as the browser runs. */
const failsWithinMs = 2_000;

/** The program of this system that opens what a person would click, and its words before the address. */
function opener(): readonly [name: string, ...words: string[]] {
  switch (process.platform) {
    case "darwin":
      return ["open"];
    case "win32":
      // `start` would have the shell read the address.
      return ["rundll32", "url.dll,FileProtocolHandler"];
    default:
      return ["xdg-open"];
  }
}

/** Shows a page in the person's browser, which outlives us. @returns false where that failed within two seconds. */
export async function openUrl(url: string): Promise<boolean> {
  const [name, ...words] = opener();
  const child = spawn(name, [...words, url], { stdio: "ignore", detached: true });
  child.unref();
  return await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(true), failsWithinMs);
    const end = (isOpened: boolean): void => {
      clearTimeout(timer);
      resolve(isOpened);
    };
    child.once("error", () => end(false));
    child.once("exit", (code) => end(code === 0));
  });
}
