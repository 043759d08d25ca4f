// `prewarm ssh --stdio HOST`, which OpenSSH starts for each connection: a program of its own, because the whole command
// line takes several times as long to begin.
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { homedir, userInfo } from "node:os";
import { exitCodes } from "../cli/exit-codes.ts";
import { renderProxyError } from "../cli/ssh/proxy-error.ts";
import { readProxyOptions } from "../cli/ssh/proxy-options.ts";
import { runSshProxy } from "../cli/ssh/ssh-proxy.ts";
import { visibleText } from "../contracts/visible-text.ts";
import { systemClock } from "../platform/clock.ts";

function homeOfAccount(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}

/** Standard input and output, each of which can end by itself, unlike those of `process`; files are read by those. */
function streams() {
  try {
    const input = new Socket({ fd: 0, readable: true, writable: false });
    const output = new Socket({ fd: 1, readable: false, writable: true });
    return { input, output };
  } catch {
    return { input: process.stdin, output: process.stdout };
  }
}

/** By its file descriptor: nobody waits for a pipe, and a terminal in raw mode needs both characters at an end. */
function say(text: string): void {
  const lineEnd = process.stderr.isTTY ? "\r\n" : "\n";
  try {
    writeSync(2, `${visibleText(text).replaceAll("\n", lineEnd)}${lineEnd}`);
  } catch {
    // Nobody listens.
  }
}

try {
  const options = readProxyOptions(process.argv.slice(3));
  await runSshProxy(options, {
    ...streams(),
    env: process.env,
    homeDirectory: homedir(),
    accountHome: homeOfAccount(),
    clock: systemClock,
    say,
    parentPid: () => process.ppid,
    onSignal(signal, listener) {
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
  });
  process.exit(exitCodes.done);
} catch (error) {
  say(renderProxyError(error));
  if (process.env["PREWARM_DEBUG"] && error instanceof Error) say(error.stack ?? "");
  process.exit(exitCodes.notReached);
}
