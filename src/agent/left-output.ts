import type { AgentScript } from "../contracts/agent-settings.ts";
import { sleep } from "../platform/sleep.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { AgentLog } from "./agent-log.ts";
import type { AgentMemory } from "./agent-memory.ts";
import { followLeftOutput, type HookLines } from "./hook-output.ts";
import { hookNames } from "./run-hook.ts";
import { followLeftScripts } from "./scripts/run-script.ts";
import { type ScriptOwner, scriptPlaceAnyway } from "./scripts/script-place.ts";
import type { WorkspaceSecrets } from "./workspace-secrets.ts";

interface LeftInput {
  readonly config: AgentConfig;
  readonly memory: AgentMemory;
  readonly log: AgentLog;
  readonly secrets: WorkspaceSecrets;
  readonly abort: AbortSignal;
}

/**
 * What the hooks of an agent before this one have left running is heard again. Where it was given secrets, it waits until
 * it is known what to mask; and where that cannot be known for long, it is heard so that it does not stand still, and
 * nothing of it is stored.
 */
export async function followLeft(input: LeftInput): Promise<void> {
  const add = await listener(input);
  if (add === null) return;
  for (const source of hookNames) {
    const onLine: HookLines["onLine"] = (level, text) => add({ level, source, text });
    followLeftOutput(input.config.stateFolder, source, { masks: input.secrets.masks, onLine });
  }
}

/** The same of the template's scripts, once a build has told what they are. */
export async function followLeftOfScripts(
  input: LeftInput & { readonly scripts: readonly AgentScript[]; readonly manifest: ScriptOwner["manifest"] },
): Promise<void> {
  if (input.scripts.length === 0) return;
  const add = await listener(input, "of the template's scripts");
  if (add === null) return;
  const place = scriptPlaceAnyway(input, { manifest: input.manifest, record: null, given: input.secrets.now() });
  followLeftScripts(input.scripts, { ...place, log: { add, masks: input.secrets.masks } });
}

/** Takes lines, or passes them over where it is not known what to mask in them. Null when it was aborted. */
async function listener(
  { config, memory, log, secrets, abort }: LeftInput,
  what = "",
): Promise<AgentLog["add"] | null> {
  const hasSecrets = memory.claim()?.record.hasSecrets === true;
  if (hasSecrets) {
    await Promise.race([secrets.given(abort), sleep(config.timing.secretsWaitMs, abort)]);
    if (abort.aborted) return null;
  }
  if (secrets.now().kind !== "unknown" || !hasSecrets) return (line) => log.add(line);
  const left = what === "" ? "What is left running" : `What is left running ${what}`;
  const text = `${left} prints is not stored: the secrets that are to be masked in it are not known.`;
  log.add({ level: "error", source: "agent", text });
  return () => {};
}
