import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import { runCli } from "../../src/cli/run-cli.ts";
import type { CliWorld, ForwardedSignal } from "../../src/cli/world.ts";
import { manualClock } from "../../src/platform/clock.ts";
import { seededRandom } from "../../src/platform/random.ts";

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliBench {
  readonly world: CliWorld;
  readonly stdin: PassThrough;
  /** A folder of this bench alone, for the session and for templates. */
  readonly folder: string;
  /** What was written so far, while a command still runs. */
  readonly written: () => { readonly stdout: string; readonly stderr: string };
  readonly raise: (signal: ForwardedSignal) => void;
  readonly run: (...argv: readonly string[]) => Promise<CliRun>;
  readonly dispose: () => void;
}

function recorder(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** Now, for every bench. */
export const benchNow = "2030-01-01T12:00:00.000Z";

/** A command line in this process: its own folder, recorded streams, a clock that stands still. */
export function cliBench(overrides: Partial<CliWorld> = {}): CliBench {
  const folder = mkdtempSync(path.join(tmpdir(), "prewarm-cli-"));
  const stdin = new PassThrough();
  const [stdout, stderr] = [recorder(), recorder()];
  const listeners = new Map<ForwardedSignal, Set<() => void>>();
  const noProgram = () => Promise.reject(new Error("no program in this test"));
  const world: CliWorld = {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    isInputTerminal: false,
    isOutputTerminal: false,
    isErrorTerminal: false,
    homeDirectory: folder,
    accountHome: folder,
    program: ["/usr/bin/node", path.join(folder, "bin/prewarm")],
    workingDirectory: folder,
    serverDataDir: async () => path.join(folder, "data"),
    clock: manualClock(benchNow),
    random: seededRandom(1),
    monotonicMs: () => performance.now(),
    onSignal(signal, listener) {
      const known = listeners.get(signal) ?? new Set();
      listeners.set(signal, known.add(listener));
      return () => known.delete(listener);
    },
    programs: { server: noProgram, provisioner: noProgram, agent: noProgram, databaseTransfer: noProgram },
    runProgram: noProgram,
    openUrl: async () => false,
    version: "1.2.3",
    ...overrides,
    env: { PREWARM_CONFIG_DIR: path.join(folder, "config"), ...overrides.env },
  };
  const written = () => ({ stdout: stdout.text(), stderr: stderr.text() });
  return {
    world,
    stdin,
    folder,
    written,
    raise: (signal) => {
      for (const listener of listeners.get(signal) ?? []) listener();
    },
    async run(...argv) {
      const before = written();
      const exitCode = await runCli(argv, world);
      const after = written();
      return {
        exitCode,
        stdout: after.stdout.slice(before.stdout.length),
        stderr: after.stderr.slice(before.stderr.length),
      };
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
