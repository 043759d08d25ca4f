import { agentPlaces } from "../../db/agents/agent-manifest.ts";
import type { AgentRow } from "../../db/agents/agents.ts";
import type { AppContext } from "../app-context.ts";

/** The URL of another server to which this agent is connected; null when it is this one, none, or one that is gone. */
export async function agentElsewhere(context: AppContext, agent: AgentRow): Promise<string | null> {
  const place = (await agentPlaces(context.db, agent.workspace_id)).find(({ id }) => id === agent.id);
  return place === undefined || place.server_id === context.serverId ? null : place.server_url;
}
