import { CodedError } from "../../contracts/errors.ts";
import type { AgentId, OrganizationId, ServerId, WorkspaceId } from "../../contracts/ids.ts";
import { agentPlaces } from "../../db/agents/agent-manifest.ts";
import { workspaceById, type WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import type { StreamGrant } from "./relay-tickets.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";

export interface ExecTarget {
  readonly agentId: AgentId;
  readonly workspaceId: WorkspaceId;
  readonly workspaceName: string;
  readonly organizationId: OrganizationId;
  /** Null: the agent is connected to this server; else the server to go to. */
  readonly elsewhere: OtherServer | null;
}

/** Another server of the deployment. */
export interface OtherServer {
  readonly id: ServerId;
  readonly url: string;
  /** The key that it opens and signs with; null while it has not said so. */
  readonly keyId: string | null;
  readonly takesTickets: boolean;
}

/**
 * Where a person's command is to run. Only the workspace's owner may run commands in it, administrators not excepted.
 * Errors: `not_found`, `forbidden`, `agent_unavailable`.
 */
export async function execTarget(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly agent: string | null },
): Promise<ExecTarget> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (workspace.is_prebuild) {
    throw new CodedError("forbidden", "An unclaimed prebuild has no owner yet, and nobody may run commands in it.", {
      next: "Claim a workspace with `prewarm create`.",
    });
  }
  if (workspace.owner_id !== actor.userId) {
    throw new CodedError("forbidden", `Only ${workspace.owner} may run commands in this workspace.`, {
      next: `Ask ${workspace.owner} to run it; no role lets anybody else.`,
    });
  }
  return await agentTarget(context, workspace, input.agent);
}

/**
 * Where a stream goes that another server has checked.
 * Errors: `not_found` when the workspace is not, or no longer, that owner's; `agent_unavailable`.
 */
export async function grantedTarget(
  context: AppContext,
  { ownerId }: StreamGrant,
  input: { readonly workspaceId: string; readonly agent: string | null },
): Promise<ExecTarget> {
  const workspace = await workspaceById(context.db, input.workspaceId as WorkspaceId);
  if (workspace === undefined || workspace.is_prebuild || workspace.owner_id !== ownerId) {
    throw new CodedError("not_found", "The workspace is not, or no longer, its owner's.");
  }
  return await agentTarget(context, workspace, input.agent);
}

/**
 * Where an agent of a workspace is to be reached, whoever asks.
 * Errors: `agent_unavailable`.
 */
export async function agentTarget(
  context: AppContext,
  workspace: Pick<WorkspaceView, "id" | "name" | "status" | "organization_id">,
  agent: string | null,
): Promise<ExecTarget> {
  const places = await agentPlaces(context.db, workspace.id);
  const place = agent === null ? places[0] : places.find((candidate) => candidate.name === agent);
  if (place === undefined) {
    const names = places.map((candidate) => candidate.name).join(", ");
    const what = agent === null ? "no agent" : `no agent "${agent}"`;
    throw new CodedError(
      "agent_unavailable",
      `The workspace "${workspace.name}" has ${what} (status: ${workspace.status}).`,
      names === "" ? {} : { next: `Its agents are: ${names}.` },
    );
  }
  if (place.server_id === null) {
    throw new CodedError("agent_unavailable", `The agent "${place.name}" of "${workspace.name}" is not connected.`);
  }
  const found = {
    agentId: place.id,
    workspaceId: workspace.id,
    workspaceName: workspace.name,
    organizationId: workspace.organization_id,
  };
  if (place.server_id === context.serverId) return { ...found, elsewhere: null };
  if (place.server_url === null) {
    throw new CodedError("agent_unavailable", `The server that holds the agent "${place.name}" is gone.`, {
      retryAfterSeconds: 5,
    });
  }
  const { server_id: id, server_url: url, server_key_id: keyId, takes_tickets: takesTickets } = place;
  return { ...found, elsewhere: { id, url, keyId, takesTickets } };
}
