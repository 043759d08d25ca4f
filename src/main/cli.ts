import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Writable } from "node:stream";
import { runCli } from "../cli/run-cli.ts";
import type { CliWorld, Program } from "../cli/world.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/random.ts";

/**
 * The compiled modules beside this one that hold the programs, by what they export. Named at run time, so that the
 * bundle of the command line does not take them in: `prewarm list` must start in the time of its own code.
 */
const programEntries = {
  server: { file: "./server.js", entry: "runServer" },
  provisioner: { file: "./provisioner.js", entry: "runProvisioner" },
  agent: { file: "./agent.js", entry: "runAgent" },
  databaseTransfer: { file: "./db-transfer.js", entry: "runDatabaseTransfer" },
} as const;

function lazily({ file, entry }: { readonly file: string; readonly entry: string }): Program {
  return async (argv) => {
    const loaded: Readonly<Record<string, unknown>> = await import(file);
    const program = loaded[entry];
    if (typeof program !== "function") throw new Error(`${file} exports no ${entry}; build it again.`);
    // Each entry has this signature; the loader cannot know, because it imports by name.
    return (program as Program)(argv);
  };
}

/** The version of the package that this file lies in, one level above its build folder. */
function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest ? String(manifest.version) : "unknown";
}

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
    server: lazily(programEntries.server),
    provisioner: lazily(programEntries.provisioner),
    agent: lazily(programEntries.agent),
    databaseTransfer: lazily(programEntries.databaseTransfer),
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
