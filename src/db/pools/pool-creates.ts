import type { PresetId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import { insertBuilds } from "../builds/insert-build.ts";
import { insertJobs, tagsOfVersion } from "../jobs/insert-job.ts";
import { ledgerInsert } from "../ledger/ledger-writes.ts";
import type { Tx } from "../store.ts";

/** What a plan wants for one pool: at most `count` new prebuilds, and never more than `desired` alive. */
export interface PoolCreate {
  readonly presetId: PresetId;
  readonly desired: number;
  readonly count: number;
}

const lockStatement: Statement<{ readonly id: PresetId }> = statement(
  "pool_create_lock",
  // One creator a pool at a time: whoever comes second counts what the first has committed. In the order of the ids,
  // so that two batches never deadlock.
  `select id
from presets
where id = any($1::uuid[])
order by id
for no key update`,
);

interface CreatedRow {
  readonly preset_id: PresetId;
  readonly workspace_id: WorkspaceId;
}

const createStatement: Statement<CreatedRow> = statement(
  "pool_create",
  `with wanted as (
  select *
  from unnest($1::uuid[], $2::int[], $3::int[]) as u(preset_id, desired, count_max)
), open as materialized (
  select p.id as preset_id, p.organization_id, p.template_id, p.template_version_id, p.parameters, v.driver,
    ${tagsOfVersion} as tags, coalesce(p.cost, p.reported_cost, 0) as cost,
    least(w.count_max, w.desired - (
      select count(*)::int
      from prebuilds b
      where b.preset_id = p.id
        and b.state in ('building', 'starting', 'ready')
        and (p.ttl_seconds = 0 or b.state = 'building'
          or b.created_at >= $4::timestamptz - make_interval(secs => p.ttl_seconds))
        and (p.invalidated_at is null or b.state = 'building' or b.created_at >= p.invalidated_at))) as slots
  from wanted w
  join presets p on p.id = w.preset_id
  join templates t on t.id = p.template_id
  join template_versions v on v.id = p.template_version_id
  where t.active_version_id = p.template_version_id
    and t.deprecated_at is null
    and t.deleted_at is null
), fresh as materialized (
  select o.*, gen_random_uuid() as workspace_id, gen_random_uuid() as build_id, gen_random_uuid() as job_id,
    row_number() over () as position
  from open o
  cross join lateral generate_series(1, o.slots)
), workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, preset_id, latest_build_id, created_at, cost)
  select workspace_id, organization_id, $5, ($6::text[])[position], template_id, preset_id, build_id, $4, cost
  from fresh
), build as (
  ${insertBuilds({
    id: "build_id",
    workspaceId: "workspace_id",
    number: "1",
    transition: "'start'",
    stage: "'prebuild'",
    templateVersionId: "template_version_id",
    presetId: "preset_id",
    initiatorId: "$5",
    jobId: "job_id",
    parameters: "parameters",
    reason: "'pool'",
    createdAt: "$4",
    source: "fresh",
  })}
), job as (
  ${insertJobs({
    id: "job_id",
    organizationId: "organization_id",
    kind: "build",
    initiatorId: "$5",
    isPrebuild: true,
    templateId: "template_id",
    templateVersionId: "template_version_id",
    buildId: "build_id",
    workspaceId: "workspace_id",
    driver: "driver",
    tags: "tags",
    createdAt: "$4",
    source: "fresh",
  })}
), ledger as (
  ${ledgerInsert({ source: "fresh", createdAt: "$4" })}
), event as (
  insert into pool_events (preset_id, kind, count)
  select preset_id, 'created', count(*)
  from fresh
  group by preset_id
)
select preset_id, workspace_id
from fresh`,
);

export interface CreateInput {
  readonly pools: readonly PoolCreate[];
  /** The `prebuilds` system user, owner and initiator. */
  readonly prebuildsUserId: UserId;
  /** At least as many fresh names as the counts add up to. */
  readonly names: readonly string[];
  readonly now: Date;
}

/**
 * Commits the intent (workspace, build, job, ledger row) of new prebuilds, set-based over many pools (spec §3.1).
 * What the plan says is re-counted under the pools' locks, so that two reconcilers that act at once create what one
 * would have: the shortage may be smaller by now, and then fewer are made.
 */
export async function createPrebuilds(tx: Tx, input: CreateInput): Promise<CreatedRow[]> {
  const ids = input.pools.map((pool) => pool.presetId);
  await tx.query(lockStatement, [ids]);
  return await tx.query(createStatement, [
    ids,
    input.pools.map((pool) => pool.desired),
    input.pools.map((pool) => pool.count),
    input.now,
    input.prebuildsUserId,
    input.names,
  ]);
}
