import { hookTroublePrefix } from "../../contracts/agent-protocol.ts";
import type { workspaceStatuses } from "../../contracts/states.ts";
import type {
  AgentId,
  BuildId,
  JobId,
  OrganizationId,
  TemplateVersionId,
  UserId,
  WorkspaceId,
} from "../../contracts/ids.ts";
import type { AgentState, BuildStage, JobStatus, MissReason, Transition } from "../../contracts/states.ts";
import type { ToldHealth } from "../agents/agent-words.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** An agent as `jsonb_build_object` gives it: instants are text. */
export interface AgentView {
  readonly id: AgentId;
  readonly name: string;
  readonly state: AgentState;
  readonly detail: string;
  readonly is_connected: boolean;
  readonly disconnected_at: string | null;
  readonly has_connected: boolean;
  /** What its manifest says; null: nothing. */
  readonly connect_timeout_s: number | null;
  readonly ready_at: string | null;
  readonly acknowledged_generation: number;
  readonly claim_error: string | null;
  /** Apps that its template says how to check; null: none. */
  readonly checked_apps: readonly { readonly app: string; readonly is_required: boolean }[] | null;
  /** As it told them last; null: it has not. */
  readonly app_health: ToldHealth | null;
}

export interface BuildView {
  readonly build_id: BuildId;
  readonly number: number;
  readonly transition: Transition;
  readonly stage: BuildStage;
  readonly build_status: JobStatus;
  readonly error_code: string | null;
  readonly error: string | null;
  readonly job_id: JobId | null;
  readonly initiator: string;
  readonly reason: string;
  readonly miss_reason: MissReason | null;
  readonly version_name: string;
  readonly build_created_at: Date;
  readonly started_at: Date | null;
  readonly completed_at: Date | null;
}

export interface WorkspaceView extends BuildView {
  readonly id: WorkspaceId;
  readonly organization_id: OrganizationId;
  readonly organization: string;
  readonly name: string;
  readonly owner_id: UserId;
  readonly owner: string;
  readonly template: string;
  readonly template_version_id: TemplateVersionId;
  readonly preset: string | null;
  readonly status: (typeof workspaceStatuses)[number];
  readonly is_prebuild: boolean;
  /** The claim generation that agents are to acknowledge; 0 while the workspace is not handed over. */
  readonly generation: number;
  readonly parameters: Record<string, string>;
  readonly agents: readonly AgentView[];
  /** Why an unclaimed prebuild counts as failed though its build went well. */
  readonly unready_because: string | null;
  /** When it was found that what it consists of is gone from its host. */
  readonly gone_at: Date | null;
  /** Of one that was stopped or deleted last: why its stop hook failed; null when it did not, or nobody knows. */
  readonly stop_error: string | null;
  readonly is_outdated: boolean;
  readonly created_at: Date;
  readonly claimed_at: Date | null;
  readonly last_used_at: Date | null;
  readonly ttl_ms: number | null;
  readonly autostart_schedule: string | null;
  readonly deadline_at: Date | null;
  readonly dormant_at: Date | null;
  readonly deleting_at: Date | null;
  readonly deleted_at: Date | null;
  readonly cost: number;
  readonly total: number;
}

/** Of a workspace `w` with its latest build `b` and that one's job `j`. */
export const statusOf = `case
    when w.deleted_at is not null then 'deleted'
    when coalesce(j.status, 'succeeded') = 'failed' then 'failed'
    when coalesce(j.status, 'succeeded') = 'canceled' then 'canceled'
    when j.status = 'canceling' then 'canceling'
    when coalesce(j.status, 'succeeded') = 'succeeded' and b.transition = 'start' then 'running'
    when coalesce(j.status, 'succeeded') = 'succeeded' and b.transition = 'stop' then 'stopped'
    when coalesce(j.status, 'succeeded') = 'succeeded' then 'deleted'
    when b.stage = 'claim' then 'running'
    when j.status = 'pending' then 'pending'
    when b.transition = 'start' then 'starting'
    when b.transition = 'stop' then 'stopping'
    else 'deleting'
  end`;

export const buildColumns = `b.id as build_id, b.number, b.transition, b.stage,
  coalesce(j.status, 'succeeded') as build_status, j.error_code, j.error, b.job_id, i.username as initiator, b.reason,
  b.miss_reason,
  v.name as version_name, b.created_at as build_created_at, coalesce(j.started_at, case when b.job_id is null
  then b.created_at end) as started_at, coalesce(j.completed_at, case when b.job_id is null then b.created_at end)
  as completed_at`;

export const viewColumns = `w.id, w.organization_id, o.name as organization, w.name, w.owner_id, u.username as owner,
  t.name as template, b.template_version_id, p.name as preset, ${statusOf} as status,
  l.workspace_id is not null and l.state <> 'claimed' as is_prebuild,
  case when l.workspace_id is null then 1 when l.handed_over_at is null then 0 else l.claim_generation end as generation,
  b.parameters, case when l.state = 'failed' then l.unready_because end as unready_because,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'state', a.state, 'detail', a.detail,
      'is_connected', a.server_id is not null, 'disconnected_at', a.disconnected_at, 'ready_at', a.ready_at,
      'has_connected', a.connected_at is not null, 'connect_timeout_s', (
        select (m ->> 'connect_timeout')::float8
        from jsonb_array_elements(v.manifest -> 'agents') m
        where m ->> 'name' = a.name
        limit 1),
      'acknowledged_generation', a.acknowledged_generation, 'claim_error', a.claim_error,
      'app_health', a.app_health, 'checked_apps', (
        select jsonb_agg(jsonb_build_object('app', p ->> 'name',
          'is_required', coalesce((p #>> '{healthcheck,required}')::boolean, false)))
        from jsonb_array_elements(v.manifest -> 'agents') m, jsonb_array_elements(m -> 'apps') p
        where m ->> 'name' = a.name
          and p ? 'healthcheck')) order by a.position)
    from agents a
    where a.workspace_id = w.id
      and a.retired_at is null), '[]') as agents,
  (
    select s.missing_noted_at
    from provider_states s
    where s.workspace_id = w.id
      and s.missing_noted_at >= coalesce(j.completed_at, b.created_at)) as gone_at,
  case when b.transition <> 'start' then (
    select a.detail
    from agents a
    where a.workspace_id = w.id
      and a.retired_at >= b.created_at
      and starts_with(a.detail, '${hookTroublePrefix("stop")}')
    order by a.position
    limit 1) end as stop_error,
  t.active_version_id is distinct from b.template_version_id as is_outdated, w.created_at, w.claimed_at,
  w.last_used_at, w.ttl_ms, w.autostart_schedule, w.deadline_at, w.dormant_at, w.deleting_at, w.deleted_at, w.cost,
  ${buildColumns}`;

export const viewTables = `workspaces w
join organizations o on o.id = w.organization_id
join users u on u.id = w.owner_id
join templates t on t.id = w.template_id
join builds b on b.id = w.latest_build_id
join users i on i.id = b.initiator_id
join template_versions v on v.id = b.template_version_id
left join jobs j on j.id = b.job_id
left join presets p on p.id = w.preset_id
left join prebuilds l on l.workspace_id = w.id`;

const byIdStatement: Statement<WorkspaceView> = statement(
  "workspace_by_id",
  `select ${viewColumns}, 1 as total
from ${viewTables}
where w.id = $1`,
);

/** A workspace by its id, deleted ones included. */
export async function workspaceById(sql: Sql, id: WorkspaceId): Promise<WorkspaceView | undefined> {
  return (await sql.query(byIdStatement, [id]))[0];
}

const byNameStatement: Statement<WorkspaceView> = statement(
  "workspace_by_name",
  `select ${viewColumns}, 1 as total
from ${viewTables}
where lower(u.username) = lower($1)
  and u.deleted_at is null
  and lower(w.name) = lower($2)
  and w.deleted_at is null`,
);

/** A live workspace by its owner's user name and its own name. */
export async function workspaceByName(sql: Sql, owner: string, name: string): Promise<WorkspaceView | undefined> {
  return (await sql.query(byNameStatement, [owner, name]))[0];
}

const buildsStatement: Statement<BuildView & { readonly total: number }> = statement(
  "builds_of_workspace",
  `select ${buildColumns}, count(*) over ()::int as total
from builds b
join users i on i.id = b.initiator_id
join template_versions v on v.id = b.template_version_id
left join jobs j on j.id = b.job_id
where b.workspace_id = $1
order by b.number desc
limit $2
offset $3`,
);

export async function buildsOfWorkspace(
  sql: Sql,
  workspaceId: WorkspaceId,
  page: { readonly limit: number; readonly offset: number },
): Promise<(BuildView & { readonly total: number })[]> {
  return await sql.query(buildsStatement, [workspaceId, page.limit, page.offset]);
}
