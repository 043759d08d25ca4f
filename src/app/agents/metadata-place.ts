import { CodedError } from "../../contracts/errors.ts";
import type { AgentId, WorkspaceId } from "../../contracts/ids.ts";
import { agentPlaces } from "../../db/agents/agent-manifest.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";
import type { OtherServer } from "./exec-target.ts";

export interface MetadataPlace {
  readonly agentId: AgentId;
  readonly workspaceId: WorkspaceId;
  readonly agent: string;
  /** The server that the agent is connected to; null: to none that is there. */
  readonly server: "this" | OtherServer | null;
}

/** Where an agent's metadata is, for whoever may see its workspace. Errors: `not_found`. */
export async function metadataPlace(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly agent: string },
): Promise<MetadataPlace> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const places = await agentPlaces(context.db, workspace.id);
  const place = places.find(({ name }) => name === input.agent);
  if (place === undefined) {
    const names = places.map(({ name }) => name).join(", ");
    throw new CodedError("not_found", `The workspace "${workspace.name}" has no agent "${input.agent}".`, {
      next: names === "" ? "It has none while it is stopped." : `Its agents are: ${names}.`,
    });
  }
  const found = { agentId: place.id, workspaceId: workspace.id, agent: place.name };
  if (place.server_id === context.serverId) return { ...found, server: "this" };
  const { server_id: id, server_url: url, server_key_id: keyId, takes_tickets: takesTickets } = place;
  if (id === null || url === null) return { ...found, server: null };
  return { ...found, server: { id, url, keyId, takesTickets } };
}
