import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import type { PresetId, WorkspaceId } from "../../src/contracts/ids.ts";
import { isJobFinished, type JobStatus, type LedgerState, type Transition } from "../../src/contracts/states.ts";
import { expectedLedgerState } from "../../src/domain/ledger/ledger-state.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Fixture } from "./fixture.ts";

export interface PrebuildSpec {
  /** Transition of its latest build; a stop or delete is its second one. */
  readonly transition?: Transition;
  /** Status of that build's job. */
  readonly jobStatus?: JobStatus;
  readonly agents?: { readonly total: number; readonly ready: number };
  /** How long ago it was created. */
  readonly ageMs?: number;
}

const second = 1_000;

const insert = `with v as (
  select p.organization_id, p.template_id, p.template_version_id, p.parameters, v.driver,
    coalesce(p.cost, p.reported_cost, 0) as cost
  from presets p
  join template_versions v on v.id = p.template_version_id
  where p.id = $1
), w as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, latest_build_id, created_at,
    deleted_at, cost)
  select $2, organization_id, $3, $4, template_id, $1, $5, $6, $7, cost
  from v
), b as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, preset_id, initiator_id, job_id,
    parameters, created_at)
  select u.id, $2, u.number, u.transition, 'prebuild', template_version_id, $1, $3, u.job_id, parameters, $6
  from v, jsonb_to_recordset($8::jsonb) as u(id uuid, number int, transition text, job_id uuid, status text)
), j as (
  insert into jobs (id, organization_id, kind, initiator_id, is_prebuild, is_pool_removal, status, template_id,
    build_id, workspace_id, template_version_id, driver, attempt, daemon_id, lease_expires_at, created_at,
    completed_at)
  select u.job_id, organization_id, 'build', $3, true, u.transition = 'delete', u.status, template_id, u.id, $2,
    template_version_id, driver,
    case when u.status = 'pending' then 0 else 1 end,
    case when u.status in ('running', 'canceling') then gen_random_uuid() end,
    case when u.status in ('running', 'canceling') then $6::timestamptz + interval '1 day' end,
    $6, case when u.status in ('succeeded', 'failed', 'canceled') then $9::timestamptz end
  from v, jsonb_to_recordset($8::jsonb) as u(id uuid, number int, transition text, job_id uuid, status text)
), l as (
  insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at,
    ready_at, first_build_result, first_build_completed_at, ended_at)
  select $2, organization_id, template_id, template_version_id, $1, $10, $6,
    case when $10 = 'ready' then $9::timestamptz end, $11, case when $11::text is not null then $9::timestamptz end, $7
  from v
)
insert into agents (id, workspace_id, build_id, name, position, token_hash, state, server_id, connection_id, ready_at,
  created_at)
select gen_random_uuid(), $2, $5, 'agent-' || n, n, decode(md5($2::text || n), 'hex'),
  case when n <= $13 then 'ready' else 'starting' end, case when n <= $13 then $14::uuid end,
  case when n <= $13 then gen_random_uuid() end, case when n <= $13 then $9::timestamptz end, $6
from generate_series(1, $12::int) as n`;

/** Puts a prebuild into any combination of transition and job status, with the ledger state that belongs to it. */
export async function putPrebuild(fx: Fixture, presetId: PresetId, spec: PrebuildSpec = {}): Promise<WorkspaceId> {
  const { transition = "start", jobStatus = "succeeded", ageMs = 60 * second } = spec;
  const isGone = transition === "delete" && jobStatus === "succeeded";
  const hasRun = transition === "start" && jobStatus === "succeeded";
  const agents = spec.agents ?? (hasRun ? { total: 1, ready: 1 } : { total: 0, ready: 0 });
  const state = expectedLedgerState({ transition, jobStatus, claimed: false, agents, deleted: isGone });
  const createdAt = new Date(fx.clock.now().getTime() - ageMs);
  const latest = { id: systemRandom.uuid(), transition, job_id: systemRandom.uuid(), status: jobStatus };
  const first = { id: systemRandom.uuid(), transition: "start", job_id: systemRandom.uuid(), status: "succeeded" };
  const builds = transition === "start" ? [latest] : [first, latest];
  const workspaceId = systemRandom.uuid() as WorkspaceId;
  await fx.rows(insert, [
    presetId,
    workspaceId,
    prebuildsUserId,
    `prebuild-${systemRandom.base32(15)}`,
    latest.id,
    createdAt,
    isGone ? fx.clock.now() : null,
    JSON.stringify(builds.map((build, index) => ({ ...build, number: index + 1 }))),
    new Date(createdAt.getTime() + second),
    state,
    transition === "start" ? (isJobFinished(jobStatus) ? jobStatus : null) : "succeeded",
    agents.total,
    agents.ready,
    fx.id,
  ]);
  return workspaceId;
}

export async function putPrebuilds(
  fx: Fixture,
  presetId: PresetId,
  count: number,
  spec: PrebuildSpec = {},
): Promise<WorkspaceId[]> {
  return await Promise.all(Array.from({ length: count }, () => putPrebuild(fx, presetId, spec)));
}

/** How many prebuilds of a preset are in each state; states that none is in are left out. */
export async function ledgerCounts(fx: Fixture, presetId: PresetId): Promise<Partial<Record<LedgerState, number>>> {
  const rows = await fx.rows<{ state: LedgerState; count: number }>(
    "select state, count(*)::int as count from prebuilds where preset_id = $1 group by state",
    [presetId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

export async function ledgerState(fx: Fixture, workspaceId: WorkspaceId): Promise<LedgerState | undefined> {
  const [row] = await fx.rows<{ state: LedgerState }>("select state from prebuilds where workspace_id = $1", [
    workspaceId,
  ]);
  return row?.state;
}
