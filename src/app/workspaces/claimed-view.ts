import type { CreateWorkspace, Workspace } from "../../contracts/api/workspaces.ts";
import type { BuildId, JobId } from "../../contracts/ids.ts";
import type { ClaimedRow } from "../../db/claims/claim.ts";
import type { Actor } from "../authorize.ts";
import { instant } from "../page.ts";
import type { CreationRequest } from "./creation-request.ts";

/** The workspace as it is right after its claim, made from what the claim returned. */
export function claimedView(input: {
  readonly actor: Actor;
  readonly input: CreateWorkspace;
  readonly request: CreationRequest;
  readonly row: ClaimedRow;
  readonly buildId: BuildId;
  readonly jobId: JobId | null;
}): Workspace {
  const { request, row, jobId } = input;
  const now = instant(row.claimed_at);
  const { ttlMs, autostartSchedule } = request.lifecycle;
  return {
    id: row.workspace_id,
    organization: request.target.organization_name,
    name: input.input.name,
    owner: request.owner.username,
    template: request.target.template_name,
    preset: request.preset?.presetName ?? null,
    status: "running",
    isPrebuild: false,
    // The agents have yet to acknowledge their new owner.
    isUsable: false,
    parameters: { ...request.parameters },
    latestBuild: {
      id: input.buildId,
      number: row.build_number,
      transition: "start",
      stage: "claim",
      status: jobId === null ? "succeeded" : "pending",
      errorCode: null,
      error: null,
      jobId,
      initiator: input.actor.username,
      reason: "",
      templateVersion: request.version.name,
      createdAt: now,
      startedAt: jobId === null ? now : null,
      completedAt: jobId === null ? now : null,
    },
    agents: row.agents.map((agent) => ({
      id: agent.id,
      name: agent.name,
      state: agent.state,
      detail: agent.detail,
      isConnected: true,
      readyAt: agent.ready_at === null ? null : new Date(agent.ready_at).toISOString(),
      isHandedOver: false,
      claimError: null,
    })),
    isOutdated: row.template_version_id !== request.version.id,
    createdAt: instant(row.created_at),
    claimedAt: now,
    lastUsedAt: now,
    ttlMs,
    autostartSchedule,
    deadlineAt: ttlMs === null ? null : instant(new Date(row.claimed_at.getTime() + ttlMs)),
    dormantAt: null,
    deletingAt: null,
    cost: row.cost,
  };
}
