import { type Static, Type } from "typebox";
import { OptionalInstant } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const AgentMetadataItemView = Type.Object({
  key: Type.String(),
  /** The key where the template gives no name. */
  name: Type.String(),
  /** What the script printed, without the space around it: 2 KiB at most. */
  value: Type.String(),
  /** Why the script has not ended well; empty when it has. */
  error: Type.String(),
  /** When this was found, by the server's clock; null: the script has not run yet. */
  collectedAt: OptionalInstant,
  /** It is older than two of its intervals and half a minute: the agent is connected, and finds nothing newer. */
  isStale: Type.Boolean(),
  order: Type.Integer(),
});
export type AgentMetadataItemView = Static<typeof AgentMetadataItemView>;

/**
 * `known`: `items` is what the agent told last. `untold`: it is connected and has told nothing, as one whose template has no
 * metadata. `not_connected`: nothing is known, as nothing is kept of an agent that is away. `left_out`: its server keeps that
 * of as many agents as it may already.
 */
export const agentMetadataStates = ["known", "untold", "not_connected", "left_out"] as const;

export const AgentMetadata = Type.Object({
  state: Type.Enum(agentMetadataStates),
  /** In the order in which they are shown: by `order`, then by key. */
  items: Type.Array(AgentMetadataItemView),
});
export type AgentMetadata = Static<typeof AgentMetadata>;

export const agentMetadataRoutes = {
  getAgentMetadata: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/agents/:agent/metadata",
    tag: "workspaces",
    summary:
      "What an agent found last by the scripts of its metadata. Nothing of it is stored; it ends with the agent's connection.",
    credential: "user",
    access: "workspace_owner",
    params: Type.Object({ workspace: Type.String({ maxLength: 128 }), agent: Type.String({ maxLength: 64 }) }),
    response: AgentMetadata,
  },
} as const satisfies Record<string, RouteDefinition>;

/** Of the route above, as one server asks it of another. */
export function agentMetadataPath(workspaceId: string, agent: string): string {
  return `/api/v1/workspaces/${workspaceId}/agents/${encodeURIComponent(agent)}/metadata`;
}
