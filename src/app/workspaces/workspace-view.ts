import type { AppHealthView, Build, Workspace, WorkspaceAgent } from "../../contracts/api/workspaces.ts";
import type { AgentView, BuildView, WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import { instant } from "../page.ts";
import { type TroubleGiven, troubleOf } from "./workspace-trouble.ts";

export function workspaceView(row: WorkspaceView, given: TroubleGiven): Workspace {
  const agents = row.agents.map((agent) => agentView(agent, row.generation));
  const lost = lostOf(row);
  const trouble = troubleOf(row, given);
  return {
    id: row.id,
    organization: row.organization,
    name: row.name,
    owner: row.owner,
    template: row.template,
    preset: row.preset,
    status: row.status,
    isPrebuild: row.is_prebuild,
    ...(lost === null ? {} : { lost }),
    ...(trouble === null ? {} : { trouble }),
    ...(row.stop_error === null ? {} : { stopError: row.stop_error }),
    isUsable: row.status === "running" && agents.length > 0 && agents.every(isUsable),
    parameters: row.parameters,
    latestBuild: buildView(row),
    agents,
    isOutdated: row.is_outdated,
    createdAt: instant(row.created_at),
    claimedAt: instant(row.claimed_at),
    lastUsedAt: instant(row.last_used_at),
    ttlMs: row.ttl_ms,
    autostartSchedule: row.autostart_schedule,
    deadlineAt: row.transition === "start" ? instant(row.deadline_at) : null,
    dormantAt: instant(row.dormant_at),
    deletingAt: instant(row.deleting_at),
    cost: row.cost,
  };
}

/** Why a workspace that should run does not: what is known of its things first, else of its agents. */
function lostOf(row: WorkspaceView): NonNullable<Workspace["lost"]> | null {
  if (row.status !== "running") return null;
  if (row.gone_at !== null) return { kind: "resources", since: instant(row.gone_at) };
  const away = row.agents.flatMap(({ is_connected: isConnected, disconnected_at: at }) =>
    isConnected || at === null ? [] : [new Date(at).getTime()],
  );
  return away.length === 0 ? null : { kind: "agent", since: new Date(Math.min(...away)).toISOString() };
}

/** Whether commands can run in it, as the owner, and what its template requires is well. */
function isUsable(agent: WorkspaceAgent): boolean {
  if (!agent.isConnected || agent.state !== "ready" || !agent.isHandedOver) return false;
  // What nobody can say holds nobody up: an agent of a release before never says it.
  return Object.values(agent.appHealth ?? {}).every(
    ({ health, isRequired }) => !isRequired || health === "healthy" || health === "unknown",
  );
}

function agentView(agent: AgentView, generation: number): WorkspaceAgent {
  return {
    id: agent.id,
    name: agent.name,
    state: agent.state,
    detail: agent.detail,
    isConnected: agent.is_connected,
    readyAt: agent.ready_at === null ? null : new Date(agent.ready_at).toISOString(),
    isHandedOver: generation > 0 && agent.acknowledged_generation >= generation,
    claimError: agent.claim_error,
    ...(agent.checked_apps === null ? {} : { appHealth: appHealthOf(agent) }),
  };
}

/** Of the apps of an agent that are checked, by their names. */
export function appHealthOf({
  checked_apps: checked,
  app_health: told,
  is_connected: isConnected,
}: Pick<AgentView, "checked_apps" | "app_health" | "is_connected">): Record<string, AppHealthView> {
  return Object.fromEntries(
    (checked ?? []).map(({ app, is_required: isRequired }) => {
      // What was so when its agent was last heard of is not what is so.
      const known = isConnected ? told?.[app] : undefined;
      return [app, { health: known?.health ?? "unknown", detail: known?.detail ?? "", isRequired }];
    }),
  );
}

export function buildView(row: BuildView): Build {
  return {
    id: row.build_id,
    number: row.number,
    transition: row.transition,
    stage: row.stage,
    status: row.build_status,
    errorCode: row.error_code,
    error: row.error,
    jobId: row.job_id,
    initiator: row.initiator,
    reason: row.reason,
    ...(row.miss_reason === null ? {} : { missReason: row.miss_reason }),
    templateVersion: row.version_name,
    createdAt: instant(row.build_created_at),
    startedAt: instant(row.started_at),
    completedAt: instant(row.completed_at),
  };
}
