import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type HookLines, openHookOutput } from "./hook-output.ts";
import { LineSplitter } from "./line-splitter.ts";
import { endGroup, hasMarkedMember } from "./process-group.ts";
import { makeFolder } from "../platform/make-folder.ts";
import { timerMsMax } from "../platform/sleep.ts";
import { hookTroublePrefix } from "../contracts/agent-protocol.ts";

/** Of a hook's last line in an error text; its log has all of it. */
const lastLineLengthMax = 500;

/** The hooks, and what is run as one, in the order in which a workspace meets them. */
export const hookNames = ["prewarm", "start", "claim", "dotfiles", "stop"] as const;

export interface HookRun extends HookLines {
  /** Also the source of its log lines. */
  readonly name: (typeof hookNames)[number];
  readonly script: string;
  readonly timeoutMs: number;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  readonly killGraceMs: number;
  readonly abort: AbortSignal;
}

export type HookOutcome =
  | { readonly kind: "succeeded" }
  /** The reason is a sentence's second half without its full stop, and what the hook printed last. */
  | { readonly kind: "failed" | "timed_out"; readonly reason: string; readonly lastLine: string | null }
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
    makeFolder(run.folder);
    // From a file, as an argument may have 128 KiB at most, and standard input belongs to the script's commands.
    writeFileSync(scriptFile, run.script, { mode: 0o600 });
  } catch (error) {
    return { kind: "failed", reason: `it could not be prepared: ${String(error)}`, lastLine: null };
  }
  let lastLine: string | null = null;
  const onLine: HookRun["onLine"] = (level, line) => {
    if (line.trim() !== "") lastLine = line.trim();
    run.onLine(level, line);
  };
  const lines = { masks: run.masks, onLine };
  const output = openHookOutput(run.stateFolder, run.name, lines);
  const child = spawn("sh", ["-e", scriptFile], {
    cwd: run.folder,
    env: { ...run.environment, PREWARM_HOOK: run.name },
    stdio: output === null ? ["ignore", "pipe", "pipe"] : ["ignore", ...output.stdio],
    detached: true,
  });
  if (child.pid !== undefined) writeFileSync(processFile, String(child.pid), { mode: 0o600 });
  if (output === null) forwardLines(child, lines);
  output?.release();
  const outcome = await childOutcome(child, run);
  output?.drain();
  if (outcome.kind !== "succeeded" && child.pid !== undefined) await endGroup(child.pid, run.killGraceMs);
  rmSync(processFile, { force: true });
  return outcome.kind === "failed" || outcome.kind === "timed_out" ? { ...outcome, lastLine } : outcome;
}

/** How a hook ended in whole sentences, for the agent's state, the claim's error and the log. */
export function hookErrorText(
  name: string,
  outcome: Extract<HookOutcome, { readonly kind: "failed" | "timed_out" }>,
): string {
  const what = outcome.kind === "failed" ? "failed" : "was ended";
  return `${hookTroublePrefix(name)}${what}: ${outcome.reason}.${lastLineText(outcome.lastLine)}`;
}

/** What follows a reason; nothing when nothing was printed. */
export function lastLineText(lastLine: string | null): string {
  return lastLine === null ? "" : ` Its last line: ${lastLine.slice(0, lastLineLengthMax)}`;
}

/** For where a program's output cannot be had by named pipes. */
export function forwardLines(child: ChildProcess, { masks, onLine }: HookLines): void {
  for (const [stream, level] of [
    [child.stdout, "info"],
    [child.stderr, "error"],
  ] as const) {
    const splitter = new LineSplitter(masks, (line) => onLine(level, line));
    stream?.on("data", (bytes: Buffer) => splitter.push(bytes));
    stream?.on("close", () => splitter.end());
  }
}

/** How a program ends by itself, or what is to end it: its own limit (null for none), or the abort. */
export function childOutcome(
  child: ChildProcess,
  run: { readonly timeoutMs: number | null; readonly abort: AbortSignal },
): Promise<HookOutcome> {
  const { timeoutMs } = run;
  return new Promise((resolve) => {
    const onTimeout = (): void =>
      finish({ kind: "timed_out", reason: `it ran longer than ${(timeoutMs ?? 0) / 1000} s`, lastLine: null });
    const timer = timeoutMs === null ? undefined : setTimeout(onTimeout, Math.min(timeoutMs, timerMsMax));
    const onAbort = (): void => finish({ kind: "aborted" });
    const finish = (outcome: HookOutcome): void => {
      clearTimeout(timer);
      run.abort.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    run.abort.addEventListener("abort", onAbort, { once: true });
    const fail = (reason: string): void => finish({ kind: "failed", reason, lastLine: null });
    child.on("error", (error) => fail(`it could not be started: ${error.message}`));
    // "exit" and not "close": something in the background may hold the pipes for as long as the workspace lives.
    child.on("exit", (code, signal) => {
      if (code === 0) finish({ kind: "succeeded" });
      else fail(code === null ? `it was ended by ${signal}` : `it exited with ${code}`);
    });
  });
}

interface Leftover {
  readonly processFile: string;
  readonly mark: string;
  readonly killGraceMs: number;
}

/** Ends what an interrupted run has left running. */
export async function endLeftover(leftover: Leftover): Promise<void> {
  let processId: number;
  try {
    processId = Number(readFileSync(leftover.processFile, "utf8"));
  } catch {
    return;
  }
  // The number may belong to another process by now: only a group with the hook's mark is ours. The hook itself may have
  // come to its end while there was no agent, and what it left running is there still.
  if (processId > 1 && hasMarkedMember(processId, leftover.mark)) await endGroup(processId, leftover.killGraceMs);
}
