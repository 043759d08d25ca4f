import { withGitHelper } from "./git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "./hook-environment.ts";
import { hookErrorText, runHook } from "./run-hook.ts";
import { secretsForHook } from "./workspace-secrets.ts";
import { type StartInput, workFolder } from "./workspace-start.ts";

/**
 * Runs the `stop` hook, as the owner where there is one. However it ends, the workspace stops: what went wrong is in the
 * log, and is the answer; empty when nothing did.
 */
export async function stopWorkspace(input: Omit<StartInput, "abort">): Promise<string> {
  const { config, manifest, memory, log, secrets } = input;
  const hook = manifest.hooks.stop;
  if (hook === undefined) return "";
  const claim = memory.claim();
  const given = claim?.phase === "done" ? secretsForHook(secrets.now(), manifest) : { values: {} };
  // What it puts away is lost if it does not run, so it runs, and says that it goes without.
  if ("refusal" in given) {
    log.add({ level: "error", source: "agent", text: `The stop hook runs without secrets: ${given.refusal}.` });
  }
  const common = commonEnvironment(config, manifest);
  const outcome = await runHook({
    name: "stop",
    script: hook.run,
    timeoutMs: hook.timeoutMs,
    folder: workFolder(config, manifest),
    environment: withGitHelper(
      {
        ...common,
        ...(claim?.phase === "done" ? ownerEnvironment(claim.record, common) : {}),
        ...("values" in given ? given.values : {}),
      },
      claim?.phase === "done" ? secrets.now().gitHelper : undefined,
    ),
    stateFolder: config.stateFolder,
    killGraceMs: config.timing.killGraceMs,
    // The agent ends already: only the hook's own limit cuts it off.
    abort: new AbortController().signal,
    masks: secrets.masks,
    onLine: (level, text) => log.add({ level, source: "stop", text }),
  });
  if (outcome.kind === "succeeded" || outcome.kind === "aborted") return "";
  const text = hookErrorText("stop", outcome);
  log.add({ level: "error", source: "agent", text });
  return text;
}
