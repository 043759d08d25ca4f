import type { UserId, WorkspaceId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import { insertBuilds } from "../builds/insert-build.ts";
import { insertJobs, tagsOfVersion } from "../jobs/insert-job.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import type { Sql } from "../store.ts";

interface DrainedRow {
  readonly workspace_id: WorkspaceId;
}

const deleteStatement: Statement<DrainedRow> = statement(
  "pool_delete",
  // The row is taken by its state: a claim that came first has changed it, and this delete is a no-op for it. In the
  // order of the ids, so that two batches never deadlock.
  // A delete build names the version of the workspace's last build, which may be older than the active one.
  `with target as materialized (
  select b.workspace_id
  from unnest($1::uuid[], $2::int[]) as u(workspace_id, generation)
  join prebuilds b on b.workspace_id = u.workspace_id
  where (u.generation is null or b.generation = u.generation)
    and b.state = any($4::text[])
  order by b.workspace_id
  for update of b
), drained as (
  ${ledgerMove({
    name: "pool_delete",
    steps: {
      starting: ["draining"],
      ready: ["draining"],
      failed: ["draining"],
      parked: ["draining"],
      draining: ["draining"],
    },
    set: ["drain_reason = $3"],
    source: "target t",
    where: "b.workspace_id = t.workspace_id",
    areLocked: true,
    returning: "b.workspace_id",
  })}
), last as materialized (
  select d.workspace_id, w.organization_id, w.template_id, l.number, l.template_version_id, l.preset_id, l.parameters,
    v.driver, ${tagsOfVersion} as tags,
    gen_random_uuid() as build_id, gen_random_uuid() as job_id
  from drained d
  join workspaces w on w.id = d.workspace_id
  join builds l on l.id = w.latest_build_id
  join template_versions v on v.id = l.template_version_id
), moved as (
  update workspaces w
  set latest_build_id = l.build_id
  from last l
  where w.id = l.workspace_id
), build as (
  ${insertBuilds({
    id: "build_id",
    workspaceId: "workspace_id",
    number: "number + 1",
    transition: "'delete'",
    stage: "'prebuild'",
    templateVersionId: "template_version_id",
    presetId: "preset_id",
    initiatorId: "$5",
    jobId: "job_id",
    parameters: "parameters",
    reason: "$3",
    createdAt: "$6",
    source: "last",
  })}
), job as (
  ${insertJobs({
    id: "job_id",
    organizationId: "organization_id",
    kind: "build",
    initiatorId: "$5",
    isPrebuild: true,
    isPoolRemoval: true,
    templateId: "template_id",
    templateVersionId: "template_version_id",
    buildId: "build_id",
    workspaceId: "workspace_id",
    driver: "driver",
    tags: "tags",
    createdAt: "$6",
    source: "last",
  })}
)
select workspace_id
from drained`,
);

/** States from which a prebuild may be deleted; `draining`: its delete has failed, and is tried again. */
type DeletableState = Extract<LedgerState, "starting" | "ready" | "failed" | "parked" | "draining">;

export interface DeleteInput {
  /** A generation of null takes the row whatever it was planned on. */
  readonly targets: readonly { readonly workspaceId: WorkspaceId; readonly generation: number | null }[];
  readonly from: readonly DeletableState[];
  readonly because: string;
  readonly initiatorId: UserId;
  readonly now: Date;
}

/**
 * Starts the delete builds of unclaimed prebuilds, one statement for all of them.
 * @returns those that were still there to be deleted; the others were claimed or changed in the meantime.
 */
export async function deletePrebuilds(sql: Sql, input: DeleteInput): Promise<WorkspaceId[]> {
  const rows = await sql.query(deleteStatement, [
    input.targets.map((target) => target.workspaceId),
    input.targets.map((target) => target.generation),
    input.because,
    input.from,
    input.initiatorId,
    input.now,
  ]);
  return rows.map((row) => row.workspace_id);
}

const cancelStatement: Statement<DrainedRow> = statement(
  "pool_cancel_pending",
  // Whoever gets the job's row first has it: a daemon that leases it makes the status "running" and this a no-op.
  // In the order of the ids, so that two batches never deadlock.
  `with pending as materialized (
  select j.id
  from prebuilds b
  join builds f on f.workspace_id = b.workspace_id
  join jobs j on j.id = f.job_id
  where b.workspace_id = any($1::uuid[])
    and b.state = 'building'
    and f.number = 1
    and f.transition = 'start'
    and j.status = 'pending'
    and j.is_prebuild
  order by j.id
  for update of j
), canceled as (
  update jobs j
  set status = 'canceled', completed_at = $2, error_code = 'canceled', error = 'The version is not active any more.'
  from pending p
  where j.id = p.id
  returning j.workspace_id
), gone as (
  ${ledgerMove({
    name: "pool_cancel_pending",
    steps: { building: ["deleted"] },
    set: ["first_build_result = 'canceled'", "first_build_completed_at = $2", "ended_at = $2"],
    source: "canceled c",
    where: "b.workspace_id = c.workspace_id",
  })}
), removed as (
  update workspaces w
  set deleted_at = $2
  from canceled c
  where w.id = c.workspace_id
)
select workspace_id
from canceled`,
);

/** Cancels first builds that no daemon has taken, and removes their workspaces without a provisioner run. */
export async function cancelPendingPrebuilds(
  sql: Sql,
  workspaceIds: readonly WorkspaceId[],
  now: Date,
): Promise<WorkspaceId[]> {
  return (await sql.query(cancelStatement, [workspaceIds, now])).map((row) => row.workspace_id);
}
