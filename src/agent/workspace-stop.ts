import { hookTroublePrefix } from "../contracts/agent-protocol.ts";
import { stopHookTimeoutSecondsDefault } from "../contracts/limits.ts";
import { withGitHelper } from "./git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "./hook-environment.ts";
import { hookErrorText, runHook } from "./run-hook.ts";
import { failureText, runScripts } from "./scripts/run-scripts.ts";
import { secretsForHook } from "./workspace-secrets.ts";
import { type StartInput, scriptHost, workFolder } from "./workspace-start.ts";

/**
 * Runs the `stop` hook, as the owner where there is one. However it ends, the workspace stops: what went wrong is in the
 * log, and is the answer; empty when nothing did.
 */
export async function stopWorkspace(input: Omit<StartInput, "abort">): Promise<string> {
  const { config, manifest, memory, log, secrets, settings } = input;
  const hook = manifest.hooks.stop;
  if (hook === undefined && !settings.scripts.some(({ onStop }) => onStop)) return "";
  const claim = memory.claim();
  const given = claim?.phase === "done" ? secretsForHook(secrets.now(), manifest) : { values: {} };
  // What it puts away is lost if it does not run, so it runs, and says that it goes without.
  if ("refusal" in given) {
    log.add({ level: "error", source: "agent", text: `The stop hook runs without secrets: ${given.refusal}.` });
  }
  const common = commonEnvironment(config, manifest);
  const environment = withGitHelper(
    {
      ...common,
      ...(claim?.phase === "done" ? ownerEnvironment(claim.record, common) : {}),
      ...("values" in given ? given.values : {}),
    },
    claim?.phase === "done" ? secrets.now().gitHelper : undefined,
  );
  // The agent ends already: only their own limit cuts them off.
  const run = { folder: workFolder(config, manifest), environment, abort: new AbortController().signal };
  const [text, trouble] = await Promise.all([
    hook === undefined ? "" : runStopHook(input, hook, run),
    runStopScripts(input, run),
  ]);
  const all = [text, trouble].filter((part) => part !== "").join(" ");
  if (all !== "") log.add({ level: "error", source: "agent", text: all });
  return all;
}

interface StopRun {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly abort: AbortSignal;
}

async function runStopHook(
  input: Omit<StartInput, "abort">,
  hook: { readonly run: string; readonly timeoutMs: number },
  run: StopRun,
): Promise<string> {
  const outcome = await runHook({
    name: "stop",
    script: hook.run,
    timeoutMs: hook.timeoutMs,
    ...run,
    ...scriptHost(input),
    onLine: (level, text) => input.log.add({ level, source: "stop", text }),
  });
  return outcome.kind === "succeeded" || outcome.kind === "aborted" ? "" : hookErrorText("stop", outcome);
}

/** Told as what a stop hook is: whoever looks at the stopped workspace is shown both in one place. */
async function runStopScripts(input: Omit<StartInput, "abort">, { folder, ...run }: StopRun): Promise<string> {
  const { failed } = await runScripts({
    scripts: input.settings.scripts,
    when: "stop",
    directory: folder,
    log: input.log,
    limitMs: stopHookTimeoutSecondsDefault * 1_000,
    ...run,
    host: scriptHost(input),
  });
  return failed.length === 0 ? "" : `${hookTroublePrefix("stop")}has scripts that failed. ${failureText(failed)}`;
}
