import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import path from "node:path";
import type { Writable } from "node:stream";
import { runCli } from "../cli/run-cli.ts";
import type { CliWorld } from "../cli/world.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/random.ts";
import { openUrl } from "./open-url.ts";
import { runProgram } from "./run-program.ts";
import { serverDefaults } from "./server-defaults.ts";
import { packageVersion } from "./version.ts";

/** An account without a home, or a working folder that was deleted, is no matter of most commands. */
function orElse(read: () => string, otherwise: string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Raw until it is switched back, at the latest when the process ends. */
const terminal: NonNullable<CliWorld["terminal"]> = {
  setRaw(isRaw) {
    const { stdin } = process;
    if (isRaw) process.once("exit", () => stdin.setRawMode(false));
    stdin.setRawMode(isRaw);
    // Node's raw mode still makes a return of each end of a line, by which a full screen goes askew: the terminal in the
    // workspace has made its own. Where there is no such program it stays so. Switched back, it is as it was, too.
    if (isRaw) spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  },
  onResize(listener) {
    process.stdout.on("resize", listener);
    return () => process.stdout.off("resize", listener);
  },
};

const world: CliWorld = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isInputTerminal: process.stdin.isTTY === true,
  isOutputTerminal: process.stdout.isTTY === true,
  isErrorTerminal: process.stderr.isTTY === true,
  ...(process.stdin.isTTY === true ? { terminal } : {}),
  env: process.env,
  terminalSize: () => {
    const { columns, rows } = process.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : undefined;
  },
  homeDirectory: orElse(homedir, "/"),
  accountHome: orElse(() => userInfo().homedir, orElse(homedir, "/")),
  program: [process.execPath, path.resolve(process.argv[1] ?? "")],
  workingDirectory: orElse(() => process.cwd(), process.env["PWD"] ?? "/"),
  async serverDataDir() {
    const { defaultDataDir } = await import("../db/embedded/default-data-dir.ts");
    return defaultDataDir(serverDefaults.data_dir).dataDir;
  },
  clock: systemClock,
  random: systemRandom,
  monotonicMs: () => performance.now(),
  onSignal(signal, listener) {
    process.on(signal, listener);
    return () => process.off(signal, listener);
  },
  programs: {
    // Literal and lazy: the bundler leaves these imports as they are, so that no command pays for a server.
    server: async (argv) => (await import("./server.ts")).runServer(argv),
    provisioner: async (argv) => (await import("./provisioner.ts")).runProvisioner(argv),
    async agent() {
      // It runs as it is loaded, because workspaces start it as a program of its own.
      await (await import("./agent.ts")).ended;
      return Number(process.exitCode ?? 0);
    },
    databaseTransfer: async (argv) => (await import("./db-transfer.ts")).runDatabaseTransfer(argv),
  },
  runProgram,
  openUrl,
  version: packageVersion(),
};

function flush(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

/** By the file descriptor, because the stream is what failed. What cannot be said at all is only the exit code. */
function sayUnwritable(error: NodeJS.ErrnoException): void {
  try {
    const code = error.code ?? "";
    const why = code === "ENOSPC" ? "no space is left" : error.message;
    writeSync(
      2,
      `error: Standard output cannot be written: ${why} [${code}]\n→ Free some space, or write elsewhere.\n`,
    );
  } catch {
    // Standard error is full or closed as well.
  }
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // `prewarm list | head -1` closes the pipe early; that is the reader's right and no fault to report.
  if (error.code === "EPIPE") process.exit(0);
  sayUnwritable(error);
  process.exit(1);
});
// What nobody can read must not end a command that does its work.
process.stderr.on("error", () => undefined);

const exitCode = await runCli(process.argv.slice(2), world);
await Promise.all([flush(process.stdout), flush(process.stderr)]);
// An open standard input or an idle connection must not keep a finished command alive.
process.exit(exitCode);
