import { homedir } from "node:os";
import type { Writable } from "node:stream";
import { runCli } from "../cli/run-cli.ts";
import type { CliWorld } from "../cli/world.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/random.ts";
import { packageVersion } from "./version.ts";

const world: CliWorld = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isInputTerminal: process.stdin.isTTY === true,
  isOutputTerminal: process.stdout.isTTY === true,
  isErrorTerminal: process.stderr.isTTY === true,
  env: process.env,
  homeDirectory: homedir(),
  workingDirectory: process.cwd(),
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
      await import("./agent.ts");
      return Number(process.exitCode ?? 0);
    },
    databaseTransfer: async (argv) => (await import("./db-transfer.ts")).runDatabaseTransfer(argv),
  },
  version: packageVersion(),
};

function flush(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

// `prewarm list | head -1` closes the pipe early; that is the reader's right and no fault to report.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const exitCode = await runCli(process.argv.slice(2), world);
await Promise.all([flush(process.stdout), flush(process.stderr)]);
// An open standard input or an idle connection must not keep a finished command alive.
process.exit(exitCode);
