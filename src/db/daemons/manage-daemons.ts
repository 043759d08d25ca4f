import type { DaemonId, JobId, WorkspaceId } from "../../contracts/ids.ts";
import type { JobLane } from "../../contracts/job-queue.ts";
import type { Transition } from "../../contracts/states.ts";
import { laneOfJob } from "../jobs/lane-of-job.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { daemonIsAlive, signedOffIncarnation } from "./daemon-match.ts";

export interface KnownDaemonRow {
  readonly id: DaemonId;
  readonly name: string;
  readonly kind: "builtin" | "external";
  readonly is_alive: boolean;
  readonly is_signed_off: boolean;
  readonly drivers: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly version: string;
  readonly concurrency: number;
  readonly seen_at: Date;
}

const known = `select e.id, e.name, e.kind, ${daemonIsAlive("$1")} as is_alive,
  e.incarnation = '${signedOffIncarnation}' as is_signed_off, e.drivers, e.tags, e.version, e.concurrency, e.seen_at
from daemons e
where e.forgotten_at is null`;

export interface DaemonJobRow {
  readonly jobId: JobId;
  readonly kind: "build" | "template_import" | "rehearsal";
  readonly transition: Transition | null;
  readonly stage: string | null;
  readonly lane: JobLane;
  readonly template: string | null;
  readonly workspace: string | null;
  readonly isCanceling: boolean;
  /** In milliseconds. */
  readonly startedAt: number;
}

const jobsOfDaemonMax = 50;

export interface OverviewRow extends KnownDaemonRow {
  readonly running: number;
  /** What it runs, the longest first; at most `jobsOfDaemonMax`. */
  readonly jobs: readonly DaemonJobRow[];
  readonly workspaces: number;
}

const overviewStatement: Statement<OverviewRow> = statement(
  "daemons_overview",
  `select k.*, (
    select count(*)::int
    from jobs j
    where j.daemon_id = k.id
      and j.status in ('running', 'canceling')) as running, (
    select coalesce(jsonb_agg(jsonb_build_object('jobId', r.id, 'kind', r.kind, 'transition', b.transition,
      'stage', b.stage, 'lane', r.lane, 'template', t.name, 'workspace', w.name, 'isCanceling', r.is_canceling,
      'startedAt', r.started_ms) order by r.started_ms, r.id), '[]')
    from (
      select j.id, j.kind, j.build_id, j.template_id, j.workspace_id, ${laneOfJob} as lane,
        j.status = 'canceling' as is_canceling, (extract(epoch from j.started_at) * 1000)::float8 as started_ms
      from jobs j
      where j.daemon_id = k.id
        and j.status in ('running', 'canceling')
      order by j.started_at, j.id
      limit ${jobsOfDaemonMax}) r
    left join lateral (select * from builds where id = r.build_id limit 1) b on true
    left join lateral (select * from workspaces where id = r.workspace_id limit 1) w on true
    left join templates t on t.id = r.template_id) as jobs, (
    select count(*)::int
    from provider_states s
    where s.daemon_id = k.id) as workspaces
from (
  ${known}
  order by e.seen_at desc
  limit $2) k
order by k.name`,
);

/** The daemons that are known, by name; of more than `max` those heard of last. */
export async function daemonsOverview(sql: Sql, seenSince: Date, max: number): Promise<OverviewRow[]> {
  return await sql.query(overviewStatement, [seenSince, max]);
}

const lockStatement: Statement<KnownDaemonRow> = statement(
  "daemons_lock_by_name",
  // In one order, so that two who lock the same two never wait for each other.
  `${known}
  and e.name = any($2::text[])
order by e.id
for no key update`,
);

/** Locks the daemons of these names. */
export async function lockDaemons(tx: Tx, names: readonly string[], seenSince: Date): Promise<KnownDaemonRow[]> {
  return await tx.query(lockStatement, [seenSince, names]);
}

const countStatement: Statement<{ readonly count: number }> = statement(
  "daemon_workspaces",
  `select count(*)::int as count
from provider_states
where daemon_id = $1`,
);

/** Workspaces that lie on the daemon's host. */
export async function workspacesOnHost(sql: Sql, id: DaemonId): Promise<number> {
  return (await sql.query(countStatement, [id]))[0]?.count ?? 0;
}

const adoptStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "daemon_adopt",
  // Only what the other daemon would be given jobs for: else nobody could reach it any more. Each is looked up by itself,
  // where a join would read all workspaces that ever were.
  `update provider_states s
set daemon_id = e.id, missing_since = null, missing_noted_at = null
from daemons e
where s.daemon_id = $1
  and e.id = $2
  and (
    select e.drivers ? v.driver and coalesce(v.manifest -> 'tags', '{}') <@ e.tags
    from workspaces w
    join builds b on b.id = w.latest_build_id
    join template_versions v on v.id = b.template_version_id
    where w.id = s.workspace_id
    limit 1)
returning s.workspace_id as id`,
);

/** Has the workspaces of one daemon belong to another. @returns those that do now. */
export async function adoptWorkspaces(tx: Tx, from: DaemonId, by: DaemonId): Promise<WorkspaceId[]> {
  return (await tx.query(adoptStatement, [from, by])).map((row) => row.id);
}

const forgetStatement: Statement<object> = statement(
  "daemon_forget",
  // The row stays as long as a job names it. What it had found to exist for nobody, nobody can remove any more.
  `with stranger as (
  delete from strangers
  where daemon_id = $1
)
update daemons
set forgotten_at = $2
where id = $1`,
);

/** Leaves a daemon out of all lists until it registers again. */
export async function forgetDaemon(tx: Tx, id: DaemonId, now: Date): Promise<void> {
  await tx.query(forgetStatement, [id, now]);
}
