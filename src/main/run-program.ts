import { spawn } from "node:child_process";
import { constants } from "node:os";

/** Above it a shell tells signals. */
const signalBase = 128;

/**
 * Runs a program in our place, with our terminal, input and output. What the terminal sends to both of us is the
 * program's, and we go on until it ends. Errors: those of the start, such as `ENOENT`.
 */
export async function runProgram(name: string, args: readonly string[]): Promise<number> {
  const child = spawn(name, [...args], { stdio: "inherit" });
  const ignore = (): void => undefined;
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on("SIGINT", ignore).on("SIGQUIT", ignore).on("SIGTERM", handOn).on("SIGHUP", handOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        resolve(code ?? signalBase + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGQUIT", ignore).off("SIGTERM", handOn).off("SIGHUP", handOn);
  }
}
