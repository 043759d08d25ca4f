import { shownAgentMetadata } from "../../app/agents/shown-agent-metadata.ts";
import type { AgentMetadata } from "../../contracts/api/agent-metadata.ts";
import type { AgentId } from "../../contracts/ids.ts";
import type { HttpDeps } from "../http-deps.ts";

/** What an agent of this server told last. */
export function readMetadata(deps: Pick<HttpDeps, "hub" | "agentMetadata" | "clock">, agentId: AgentId): AgentMetadata {
  if (!deps.hub.has(agentId)) return { state: "not_connected", items: [] };
  const told = deps.agentMetadata.read(agentId);
  if (typeof told === "string") return { state: told, items: [] };
  return shownAgentMetadata(deps, told);
}
