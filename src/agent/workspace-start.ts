import path from "node:path";
import type { AgentManifest } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory, RememberedStart } from "./agent-memory.ts";
import { withGitHelper } from "./git/git-variables.ts";
import { commonEnvironment } from "./hook-environment.ts";
import { machineRun } from "./machine-run.ts";
import { type HookOutcome, hookErrorText, runHook } from "./run-hook.ts";
import { type HookSecrets, secretsForHook, type WorkspaceSecrets } from "./workspace-secrets.ts";

/** Where hooks and commands run: the agent's `directory`, relative to the home unless it is absolute. */
export function workFolder(config: AgentConfig, manifest: AgentManifest): string {
  return path.resolve(config.home, manifest.directory);
}

/** What a disk on which the `prewarm` hook has ended well answers instead of another run. */
const prewarmed: HookOutcome = { kind: "succeeded" };

export interface StartInput {
  readonly config: AgentConfig;
  readonly manifest: AgentManifest;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  readonly abort: AbortSignal;
}

/**
 * Brings the workspace to `ready`, `start_error` or `start_timeout` by its hooks: `prewarm`, unless it has ended well on
 * this disk before, and then `start`. An agent that was restarted within the same start repeats the outcome and not the
 * hooks, unless the machine was restarted with it. Null when it was aborted.
 */
export async function startWorkspace(input: StartInput): Promise<RememberedStart | null> {
  const { config, manifest, memory } = input;
  const run = machineRun();
  const earlier = memory.start();
  if (earlier !== null && isSameStart(earlier, { startId: config.startId, run })) return earlier;
  const { prewarm, start } = manifest.hooks;
  const remember = (state: Pick<RememberedStart, "state" | "detail">): RememberedStart => {
    const remembered = { startId: config.startId, machineRun: run, ...state };
    memory.rememberStart(remembered);
    return remembered;
  };
  if (prewarm !== undefined) {
    const outcome = memory.isPrewarmed() ? prewarmed : await runStartHook(input, "prewarm", prewarm);
    if (outcome.kind === "aborted") return null;
    if (outcome.kind !== "succeeded") return remember(stateAfter("prewarm", outcome));
    // Also when it was before: what an agent of before remembers of it is replaced below.
    memory.rememberPrewarmed(config.startId);
  }
  if (start === undefined) return remember({ state: "ready", detail: "" });
  const outcome = await runStartHook(input, "start", start);
  if (outcome.kind === "aborted") return null;
  return remember(outcome.kind === "succeeded" ? { state: "ready", detail: "" } : stateAfter("start", outcome));
}

function isSameStart(earlier: RememberedStart, now: { readonly startId: string; readonly run: string }): boolean {
  if (now.startId === "" || earlier.startId !== now.startId) return false;
  return earlier.machineRun === undefined || earlier.machineRun === now.run;
}

/**
 * Nobody owns a prebuild yet, so neither of the two hooks learns of anybody, also at a later start. Where somebody owns the
 * workspace, `start` gets his secrets: it starts what works with them. `prewarm` never does: what it leaves is the disk's.
 */
async function runStartHook(
  { config, manifest, log, secrets, abort }: StartInput,
  name: "prewarm" | "start",
  hook: { readonly run: string; readonly timeoutMs: number },
): Promise<HookOutcome> {
  const given: HookSecrets = name === "prewarm" ? { values: {} } : secretsForHook(await secrets.given(abort), manifest);
  if (abort.aborted) return { kind: "aborted" };
  if ("refusal" in given) return { kind: "failed", reason: `it was not run: ${given.refusal}`, lastLine: null };
  return await runHook({
    name,
    script: hook.run,
    timeoutMs: hook.timeoutMs,
    folder: workFolder(config, manifest),
    environment: withGitHelper({ ...commonEnvironment(config, manifest), ...given.values }, given.gitHelper),
    stateFolder: config.stateFolder,
    killGraceMs: config.timing.killGraceMs,
    abort,
    masks: secrets.masks,
    onLine: (level, text) => log.add({ level, source: name, text }),
  });
}

function stateAfter(
  name: "prewarm" | "start",
  outcome: Extract<HookOutcome, { readonly kind: "failed" | "timed_out" }>,
): Pick<RememberedStart, "state" | "detail"> {
  const state = outcome.kind === "failed" ? "start_error" : "start_timeout";
  return { state, detail: hookErrorText(name, outcome) };
}
