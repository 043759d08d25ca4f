import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { CodedError } from "../../../contracts/errors.ts";
import { sleep } from "../../../platform/sleep.ts";
import { sendSignal } from "../../host/process-table.ts";
import { OutputFile } from "./output-file.ts";

export interface CommandOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it prints is kept in `<outputFile>.out` and `<outputFile>.err`. */
  readonly outputFile: string;
  /** Each line of its standard output, soon after it was printed. */
  readonly onLine?: (line: string) => void;
  /** Called when it has been started, with its process id, which is that of its process group. */
  readonly onStart?: (processId: number) => Promise<void>;
  readonly abort: AbortSignal;
  /** How long it may take to end in order after an interrupt; then its whole group is killed. */
  readonly interruptGraceMs: number;
}

export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly standardError: string;
}

/** Between two looks at what was printed. */
const lookMs = 40;
const standardErrorLengthMax = 65_536;

/**
 * Runs a program in a process group of its own. When `abort` fires, the whole group is interrupted and, after the
 * grace, killed; what a program that did not end well has left in its group is killed too. Waits for the end of the
 * program alone: something that it started and that holds its output open holds nobody up.
 * Errors: `driver_unavailable` when the program cannot be started.
 */
export async function runCommand(options: CommandOptions): Promise<CommandEnd> {
  const [outFile, errFile] = [`${options.outputFile}.out`, `${options.outputFile}.err`];
  const [out, err] = [await open(outFile, "w", 0o600), await open(errFile, "w", 0o600)];
  const child = spawn(options.program, options.args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ["ignore", out.fd, err.fd],
    detached: true,
  });
  const ended = new Promise<Pick<CommandEnd, "exitCode" | "signal">>((resolve) =>
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal })),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(cannotStart(options.program, cause)));
    });
  } finally {
    await out.close();
    await err.close();
  }
  const group = child.pid ?? 0;
  const over = new AbortController();
  const interrupting = interruptOnAbort({ ...options, group, over: over.signal });
  const output = new OutputFile(outFile, options.onLine ?? (() => {}));
  // Either may fail while the program runs on: it is watched to its end first, and the failure is told then.
  const looking = settled(readWhile(output, over.signal));
  const noted = settled(options.onStart?.(group) ?? Promise.resolve());
  const end = await ended;
  over.abort();
  await interrupting;
  if (end.exitCode !== 0) sendSignal(-group, "SIGKILL");
  const failures = [await looking, await noted].filter((failure) => failure !== null);
  await output.finish();
  if (failures.length > 0) throw failures[0]?.error;
  return { ...end, standardError: await headOf(errFile) };
}

async function settled(promise: Promise<void>): Promise<{ readonly error: unknown } | null> {
  return promise.then(
    () => null,
    (error: unknown) => ({ error }),
  );
}

function cannotStart(program: string, cause: Error): CodedError {
  return new CodedError("driver_unavailable", `"${program}" cannot be started: ${cause.message}.`, { cause });
}

async function readWhile(output: OutputFile, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await output.read();
    await sleep(lookMs, over);
  }
}

async function interruptOnAbort(options: {
  readonly group: number;
  readonly abort: AbortSignal;
  readonly over: AbortSignal;
  readonly interruptGraceMs: number;
}): Promise<void> {
  const { group, abort, over, interruptGraceMs } = options;
  await untilFired(AbortSignal.any([abort, over]));
  if (over.aborted) return;
  sendSignal(-group, "SIGINT");
  await sleep(interruptGraceMs, over);
  if (!over.aborted) sendSignal(-group, "SIGKILL");
}

function untilFired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function headOf(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(standardErrorLengthMax), 0, standardErrorLengthMax, 0);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await handle.close();
  }
}
