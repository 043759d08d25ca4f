import path from "node:path";
import type { AgentManifest } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory, RememberedStart } from "./agent-memory.ts";
import { commonEnvironment } from "./hook-environment.ts";
import { type HookOutcome, hookErrorText, runHook } from "./run-hook.ts";

/** Where hooks and commands run: the agent's `directory`, relative to the home unless it is absolute. */
export function workFolder(config: AgentConfig, manifest: AgentManifest): string {
  return path.resolve(config.home, manifest.directory);
}

export interface StartInput {
  readonly config: AgentConfig;
  readonly manifest: AgentManifest;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly abort: AbortSignal;
}

/**
 * Brings the workspace to `ready`, `start_error` or `start_timeout` by its `prewarm` hook. An agent that was
 * restarted within the same start repeats the outcome and not the hook. Null when it was aborted.
 */
export async function startWorkspace(input: StartInput): Promise<RememberedStart | null> {
  const { config, manifest, memory } = input;
  const earlier = memory.start();
  if (earlier !== null && earlier.startId === config.startId && config.startId !== "") return earlier;
  const hook = manifest.hooks.prewarm;
  const outcome: HookOutcome =
    hook === undefined
      ? { kind: "succeeded" }
      : await runHook({
          name: "prewarm",
          script: hook.run,
          timeoutMs: hook.timeoutMs,
          folder: workFolder(config, manifest),
          environment: commonEnvironment(config, manifest),
          stateFolder: config.stateFolder,
          killGraceMs: config.timing.killGraceMs,
          abort: input.abort,
          onLine: (level, text) => input.log.add({ level, source: "prewarm", text }),
        });
  if (outcome.kind === "aborted") return null;
  const start = { startId: config.startId, ...stateAfter(outcome) };
  memory.rememberStart(start);
  return start;
}

function stateAfter(outcome: Exclude<HookOutcome, { kind: "aborted" }>): Omit<RememberedStart, "startId"> {
  switch (outcome.kind) {
    case "succeeded":
      return { state: "ready", detail: "" };
    case "failed":
      return { state: "start_error", detail: hookErrorText("prewarm", outcome) };
    case "timed_out":
      return { state: "start_timeout", detail: hookErrorText("prewarm", outcome) };
  }
}
