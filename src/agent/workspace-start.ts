import type { AgentManifest, ClaimRecord } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory, RememberedStart } from "./agent-memory.ts";
import { withGitHelper } from "./git/git-variables.ts";
import type { BuildSettings } from "./build-settings.ts";
import { commonEnvironment } from "./hook-environment.ts";
import { machineRun } from "./machine-run.ts";
import { type HookOutcome, hookErrorText, runHook } from "./run-hook.ts";
import { failureText, runScripts } from "./scripts/run-scripts.ts";
import { scriptPlace } from "./scripts/script-place.ts";
import { workFolder } from "./work-folder.ts";
import { type HookSecrets, secretsForHook, type WorkspaceSecrets } from "./workspace-secrets.ts";

/** Of a hook that there is not; and what a disk on which the `prewarm` hook has ended well answers instead of another run. */
const well: HookOutcome = { kind: "succeeded" };

export interface StartInput {
  readonly config: AgentConfig;
  readonly manifest: AgentManifest;
  readonly settings: BuildSettings;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  /** Whose the workspace is by the server's word, once the secrets are known; null: nobody's. */
  readonly owner: () => ClaimRecord | null;
  readonly abort: AbortSignal;
}

/**
 * Brings the workspace to `ready`, `start_error` or `start_timeout` by its hooks: `prewarm`, unless it has ended well on
 * this disk before, and then `start`. An agent that was restarted within the same start repeats the outcome and not the
 * hooks, unless the machine was restarted with it. Null when it was aborted.
 */
export async function startWorkspace(input: StartInput): Promise<RememberedStart | null> {
  const { config, manifest, memory, settings } = input;
  const run = machineRun();
  const earlier = memory.start();
  if (earlier !== null && isSameStart(earlier, { startId: config.startId, run })) return earlier;
  const { prewarm, start } = manifest.hooks;
  const remember = (state: Trouble, generation = settings.generation): RememberedStart => {
    const settled = generation === null ? {} : { settingsGeneration: generation };
    const remembered = { startId: config.startId, machineRun: run, ...state, ...settled };
    memory.rememberStart(remembered);
    return remembered;
  };
  if (settings.isUntold) return remember({ state: "start_error", detail: untoldText });
  if (prewarm !== undefined) {
    const outcome = memory.isPrewarmed() ? well : await runStartHook(input, "prewarm", prewarm);
    if (outcome.kind === "aborted") return null;
    if (outcome.kind !== "succeeded") return remember(stateAfter("prewarm", outcome));
    // Also when it was before: what an agent of before remembers of it is replaced below.
    memory.rememberPrewarmed(config.startId);
  }
  const outcome = start === undefined ? well : await runStartHook(input, "start", start);
  if (outcome.kind === "aborted") return null;
  if (outcome.kind !== "succeeded") return remember(stateAfter("start", outcome));
  const { trouble, generation } = await runStartScripts(input);
  if (input.abort.aborted) return null;
  return remember(trouble ?? { state: "ready", detail: "" }, generation);
}

type Trouble = Pick<RememberedStart, "state" | "detail">;

const untoldText = "The build has told nothing of this agent: see how it ended, and start the workspace again.";

interface ScriptsOutcome {
  /** Null when nothing went wrong. */
  readonly trouble: Trouble | null;
  /** Of the claim record for whose owner they were run; 0: for nobody, so that a hand-over runs them once more. */
  readonly generation: number | null;
}

/**
 * Those of the template's that run at a start: as its owner where what the build has told is his, also at the first start
 * of a workspace that was never in a pool, which nobody has handed over yet.
 */
async function runStartScripts(input: StartInput): Promise<ScriptsOutcome> {
  const { manifest, memory, secrets, settings, owner, abort } = input;
  if (settings.scripts.length === 0) return { trouble: null, generation: settings.generation };
  const given = await secrets.given(abort);
  const claim = memory.claim();
  const seen = claim?.phase === "done" ? claim.record : owner();
  const record = seen === null || seen.generation !== settings.generation ? null : seen;
  const generation = record === null ? 0 : record.generation;
  const place = scriptPlace(input, { manifest, record, given });
  if ("refusal" in place) {
    return { trouble: { state: "start_error", detail: `The scripts were not run: ${place.refusal}.` }, generation };
  }
  const { failed } = await runScripts({ scripts: settings.scripts, when: "start", ...place, abort });
  if (failed.length === 0) return { trouble: null, generation };
  const state = failed.every(({ isTimeout }) => isTimeout) ? "start_timeout" : "start_error";
  return { trouble: { state, detail: failureText(failed) }, generation };
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
): Trouble {
  const state = outcome.kind === "failed" ? "start_error" : "start_timeout";
  return { state, detail: hookErrorText(name, outcome) };
}
