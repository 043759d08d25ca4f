import { hookTroublePrefix } from "../contracts/agent-protocol.ts";
import { stopHookTimeoutSecondsDefault } from "../contracts/limits.ts";
import { hookErrorText, runHook } from "./run-hook.ts";
import { failureText, runScripts } from "./scripts/run-scripts.ts";
import type { ScriptPlace } from "./scripts/run-script.ts";
import { scriptPlace, scriptPlaceAnyway } from "./scripts/script-place.ts";
import type { StartInput } from "./workspace-start.ts";

type StopInput = Omit<StartInput, "abort" | "owner">;

/**
 * Runs the `stop` hook, as the owner where there is one. However it ends, the workspace stops: what went wrong is in the
 * log, and is the answer; empty when nothing did.
 */
export async function stopWorkspace(input: StopInput): Promise<string> {
  const { manifest, memory, log, secrets, settings } = input;
  const hook = manifest.hooks.stop;
  if (hook === undefined && !settings.scripts.some(({ onStop }) => onStop)) return "";
  const claim = memory.claim();
  const owner = { manifest, record: claim?.phase === "done" ? claim.record : null, given: secrets.now() };
  const place = scriptPlace(input, owner);
  // What it puts away is lost if it does not run, so it runs, and says that it goes without.
  if ("refusal" in place) {
    log.add({ level: "error", source: "agent", text: `The stop hook runs without secrets: ${place.refusal}.` });
  }
  // The agent ends already: only their own limit cuts them off.
  const run = { ...scriptPlaceAnyway(input, owner), abort: new AbortController().signal };
  const [text, trouble] = await Promise.all([
    hook === undefined ? "" : runStopHook(input, hook, run),
    runStopScripts(input, run),
  ]);
  const all = [text, trouble].filter((part) => part !== "").join(" ");
  if (all !== "") log.add({ level: "error", source: "agent", text: all });
  return all;
}

interface StopRun {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly abort: AbortSignal;
}

async function runStopHook(
  { config, log, secrets }: StopInput,
  hook: { readonly run: string; readonly timeoutMs: number },
  { directory, environment, abort }: StopRun,
): Promise<string> {
  const outcome = await runHook({
    name: "stop",
    script: hook.run,
    timeoutMs: hook.timeoutMs,
    folder: directory,
    environment,
    abort,
    stateFolder: config.stateFolder,
    killGraceMs: config.timing.killGraceMs,
    masks: secrets.masks,
    onLine: (level, text) => log.add({ level, source: "stop", text }),
  });
  return outcome.kind === "succeeded" || outcome.kind === "aborted" ? "" : hookErrorText("stop", outcome);
}

/** Told as what a stop hook is: whoever looks at the stopped workspace is shown both in one place. */
async function runStopScripts({ settings }: StopInput, place: ScriptPlace): Promise<string> {
  const limitMs = stopHookTimeoutSecondsDefault * 1_000;
  const { failed } = await runScripts({ scripts: settings.scripts, when: "stop", limitMs, ...place });
  return failed.length === 0 ? "" : `${hookTroublePrefix("stop")}has scripts that failed. ${failureText(failed)}`;
}
