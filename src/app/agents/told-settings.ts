import type { ToldSettings } from "../../contracts/agent-protocol.ts";
import type { AgentSettings, BuiltAgent } from "../../contracts/agent-settings.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { JobId } from "../../contracts/ids.ts";
import { agentSettingsBytesMax } from "../../contracts/limits.ts";
import type { AgentManifestRow } from "../../db/agents/agent-manifest.ts";
import type { SealedSettings } from "../../db/agents/agent-settings.ts";
import { type AgentRow, liveAgents } from "../../db/agents/agents.ts";
import { workspaceOfJob } from "../../db/resources/provider-states.ts";
import type { AppContext } from "../app-context.ts";

/** What a build has told of its agents, sealed for the agents that run; others are passed over. Errors: `too_large`. */
export async function sealedSettings(
  context: AppContext,
  jobId: JobId,
  told: readonly BuiltAgent[],
): Promise<readonly SealedSettings[]> {
  const workspaceId = told.length === 0 ? undefined : await workspaceOfJob(context.db, jobId);
  if (workspaceId === undefined) return [];
  const settings = new Map(told.map((agent) => [agent.name, agent.settings]));
  const sealed: SealedSettings[] = [];
  for (const { id, name } of await liveAgents(context.db, workspaceId)) {
    const own = settings.get(name);
    if (own === undefined) continue;
    const bytes = Buffer.byteLength(JSON.stringify(own));
    if (bytes > agentSettingsBytesMax) {
      const text = `What the build tells of the agent ${name} has ${bytes} bytes`;
      throw new CodedError("too_large", `${text}; at most ${agentSettingsBytesMax} are allowed.`);
    }
    sealed.push({ agentId: id, ...(await context.stateVault.seal(id, own)) });
  }
  return sealed;
}

/**
 * Undefined where the version says all that there is to say. What no key opens counts as untold: the start says so, and
 * the next one tells it again.
 */
export async function toldSettings(
  context: AppContext,
  agent: AgentRow,
  row: AgentManifestRow,
): Promise<ToldSettings | undefined> {
  if (!row.tells_agent_settings) return undefined;
  const { settings_sealed: sealed, settings_key_id: keyId, settings_generation: generation } = row;
  // What was told before a claim is not what its build is about to tell.
  const isBehind = generation === null || generation < row.generation;
  if (isBehind && row.is_building) return { state: "pending" };
  if (sealed === null || keyId === null || generation === null) return { state: "untold" };
  try {
    // As it was checked when it was told.
    const settings = (await context.stateVault.open(agent.id, { sealed, keyId })) as AgentSettings;
    return { state: "known", generation, ...settings };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "state_key_mismatch") throw error;
    context.logger.warn("what an agent is to run cannot be opened", { agentId: agent.id, keyId });
    return { state: "untold" };
  }
}
