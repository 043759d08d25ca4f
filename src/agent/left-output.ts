import { readdirSync } from "node:fs";
import path from "node:path";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory } from "./agent-memory.ts";
import { followLeftOutput } from "./hook-output.ts";
import { hookNames } from "./run-hook.ts";
import { scriptFilePrefix } from "./scripts/run-scripts.ts";
import type { WorkspaceSecrets } from "./workspace-secrets.ts";

interface LeftInput {
  readonly config: AgentConfig;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  readonly abort: AbortSignal;
}

/** What their names were is not known before a build has told it again. */
function leftByScripts({ stateFolder }: AgentConfig): readonly { readonly name: string; readonly source: string }[] {
  return readdirSync(stateFolder)
    .filter((file) => file.startsWith(scriptFilePrefix) && file.endsWith(".out"))
    .map((file) => ({ name: path.basename(file, ".out"), source: "scripts" }));
}

/**
 * What the hooks of an agent before this one have left running is heard again. Where it was given secrets, it waits until
 * it is known what to mask; and where that cannot be known for long, it is heard so that it does not stand still, and
 * nothing of it is stored.
 */
export async function followLeft({ config, memory, log, secrets, abort }: LeftInput): Promise<void> {
  if (memory.claim()?.record.hasSecrets === true) {
    await Promise.race([secrets.given(abort), sleep(config.timing.secretsWaitMs, abort)]);
    if (abort.aborted) return;
  }
  const isHeard = secrets.now().kind !== "unknown" || memory.claim()?.record.hasSecrets !== true;
  if (!isHeard) {
    const text = "What is left running prints is not stored: the secrets that are to be masked in it are not known.";
    log.add({ level: "error", source: "agent", text });
  }
  for (const { name, source } of [
    ...hookNames.map((hook) => ({ name: hook, source: hook })),
    ...leftByScripts(config),
  ]) {
    followLeftOutput(config.stateFolder, name, {
      masks: secrets.masks,
      onLine: (level, text) => (isHeard ? log.add({ level, source, text }) : undefined),
    });
  }
}
