import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LineSplitter } from "./line-splitter.ts";
import { endGroup, hasEnvironment } from "./process-group.ts";

export interface HookRun {
  /** `prewarm` or `claim`: the source of its log lines. */
  readonly name: string;
  readonly script: string;
  readonly timeoutMs: number;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  readonly killGraceMs: number;
  readonly abort: AbortSignal;
  readonly onLine: (level: "info" | "error", line: string) => void;
}

export type HookOutcome =
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "timed_out"; readonly reason: string }
  | { readonly kind: "aborted" };

/**
 * Runs a hook's script with `sh -e` in a process group of its own. What it puts into the background may live on
 * when it succeeds; when it fails, times out or is aborted, its whole group is ended.
 * What an interrupted run of the same hook left running is ended first, so that it never runs twice at once.
 */
export async function runHook(run: HookRun): Promise<HookOutcome> {
  const scriptFile = path.join(run.stateFolder, `${run.name}.sh`);
  const processFile = path.join(run.stateFolder, `${run.name}.pid`);
  const mark = `PREWARM_HOOK=${run.name}`;
  await endLeftover({ processFile, mark, killGraceMs: run.killGraceMs });
  if (run.abort.aborted) return { kind: "aborted" };
  try {
    mkdirSync(run.folder, { recursive: true });
    // From a file, as an argument may have 128 KiB at most, and standard input belongs to the script's commands.
    writeFileSync(scriptFile, run.script, { mode: 0o600 });
  } catch (error) {
    return { kind: "failed", reason: `it could not be prepared: ${String(error)}` };
  }
  const child = spawn("sh", ["-e", scriptFile], {
    cwd: run.folder,
    env: { ...run.environment, PREWARM_HOOK: run.name },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid !== undefined) writeFileSync(processFile, String(child.pid), { mode: 0o600 });
  forwardLines(child, run.onLine);
  const outcome = await outcomeOf(child, run);
  if (outcome.kind !== "succeeded" && child.pid !== undefined) await endGroup(child.pid, run.killGraceMs);
  rmSync(processFile, { force: true });
  return outcome;
}

function forwardLines(child: ChildProcess, onLine: HookRun["onLine"]): void {
  for (const [stream, level] of [
    [child.stdout, "info"],
    [child.stderr, "error"],
  ] as const) {
    const splitter = new LineSplitter((line) => onLine(level, line));
    stream?.on("data", (bytes: Buffer) => splitter.push(bytes));
    stream?.on("close", () => splitter.end());
  }
}

function outcomeOf(child: ChildProcess, run: HookRun): Promise<HookOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => finish({ kind: "timed_out", reason: `it ran longer than ${run.timeoutMs / 1000} s` }),
      run.timeoutMs,
    );
    const onAbort = (): void => finish({ kind: "aborted" });
    const finish = (outcome: HookOutcome): void => {
      clearTimeout(timer);
      run.abort.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    run.abort.addEventListener("abort", onAbort, { once: true });
    child.on("error", (error) => finish({ kind: "failed", reason: `it could not be started: ${error.message}` }));
    // "exit" and not "close": something in the background may hold the pipes for as long as the workspace lives.
    child.on("exit", (code, signal) => {
      if (code === 0) finish({ kind: "succeeded" });
      else finish({ kind: "failed", reason: code === null ? `it was ended by ${signal}` : `it exited with ${code}` });
    });
  });
}

interface Leftover {
  readonly processFile: string;
  readonly mark: string;
  readonly killGraceMs: number;
}

async function endLeftover(leftover: Leftover): Promise<void> {
  let processId: number;
  try {
    processId = Number(readFileSync(leftover.processFile, "utf8"));
  } catch {
    return;
  }
  // The number may belong to another process by now: only one that carries the hook's mark is ours.
  if (processId > 1 && hasEnvironment(processId, leftover.mark)) await endGroup(processId, leftover.killGraceMs);
}
