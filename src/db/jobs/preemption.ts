import type { DaemonId, JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { daemonFits, daemonIsAlive } from "../daemons/daemon-match.ts";

export interface WaitingRow {
  readonly id: JobId;
  readonly daemon_ids: readonly DaemonId[];
}

const waitingStatement: Statement<WaitingRow> = statement(
  "preempt_waiting",
  `select j.id, f.daemon_ids
from jobs j
cross join lateral (
  select coalesce(array_agg(e.id::text order by e.id), '{}') as daemon_ids
  from daemons e
  where ${daemonIsAlive("$2")}
    and ${daemonFits}) f
where j.status = 'pending'
  and not j.is_prebuild
  and j.created_at < $1
order by j.created_at, j.id
limit $3`,
  "long",
);

/** People's jobs that were created before an instant and still wait, in queue order, and who could take each. */
export async function waitingJobs(
  sql: Sql,
  input: { readonly createdBefore: Date; readonly daemonsSeenSince: Date; readonly max: number },
): Promise<WaitingRow[]> {
  return await sql.query(waitingStatement, [input.createdBefore, input.daemonsSeenSince, input.max]);
}

export interface BusyRow {
  readonly id: DaemonId;
  readonly free: number;
  readonly ending: number;
}

const busyStatement: Statement<BusyRow> = statement(
  "preempt_daemons",
  `select e.id, e.concurrency - count(r.id)::int as free,
  (count(*) filter (where r.status = 'canceling'))::int as ending
from daemons e
left join jobs r on r.daemon_id = e.id and r.status in ('running', 'canceling')
where e.id = any($1::uuid[])
group by e.id`,
  "long",
);

export async function slotsOf(sql: Sql, daemonIds: readonly DaemonId[]): Promise<BusyRow[]> {
  return await sql.query(busyStatement, [daemonIds]);
}

export interface CreateRow {
  readonly id: JobId;
  readonly daemon_id: DaemonId;
  readonly started_at: Date;
}

const createsStatement: Statement<CreateRow> = statement(
  "preempt_creates",
  `select j.id, j.daemon_id, j.started_at
from jobs j
where j.daemon_id = any($1::uuid[])
  and j.status = 'running'
  and j.is_prebuild
  and not j.is_pool_removal
order by j.started_at desc
limit $2`,
  "long",
);

/** Running creates of prebuilds on these daemons, the youngest first. */
export async function runningCreates(sql: Sql, daemonIds: readonly DaemonId[], max: number): Promise<CreateRow[]> {
  return await sql.query(createsStatement, [daemonIds, max]);
}

const preemptStatement: Statement<{ readonly id: JobId }> = statement(
  "preempt_job",
  // By the class of the queue: a claim is a person's job, and so is what an administrator started.
  `update jobs
set status = 'canceling', cancel_requested_at = $2, cancel_reason = 'preempted'
where id = $1
  and status = 'running'
  and is_prebuild
  and not is_pool_removal
returning id`,
);

/** Asks the daemon of a prebuild's create to stop it; false when it does not run any more. */
export async function preemptJob(tx: Tx, jobId: JobId, now: Date): Promise<boolean> {
  const rows = await tx.query(preemptStatement, [jobId, now]);
  if (rows.length > 0) tx.emit(`job:${jobId}`);
  return rows.length > 0;
}

const leftStatement: Statement<{ readonly workspace_id: WorkspaceId; readonly generation: number }> = statement(
  "preempted_prebuilds",
  `select b.workspace_id, b.generation
from prebuilds b
join workspaces w on w.id = b.workspace_id
join builds l on l.id = w.latest_build_id
join jobs j on j.id = l.job_id
where b.state = 'failed'
  and l.number = 1
  and j.cancel_reason = 'preempted'
order by b.created_at
limit $1`,
);

/** Prebuilds whose create was pre-empted and has ended: they are not kept as evidence. */
export async function preemptedPrebuilds(
  sql: Sql,
  max: number,
): Promise<{ readonly workspace_id: WorkspaceId; readonly generation: number }[]> {
  return await sql.query(leftStatement, [max]);
}
