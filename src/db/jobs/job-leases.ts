import type { BuildId, DaemonId, JobId, TemplateId, TemplateVersionId, WorkspaceId } from "../../contracts/ids.ts";
import { jobLogLinesMax } from "../../contracts/limits.ts";
import type { Manifest } from "../../contracts/manifest.ts";
import type { BuildStage, Transition } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

interface TakenRow {
  readonly id: JobId;
}

const lockStatement: Statement<{ readonly is_pending: boolean }> = statement(
  "job_lease_lock",
  // One lease of a daemon at a time: each counts the jobs that the daemon has, and two at once would both find the same
  // slot free. Only when something waits, so that a poll of an empty queue writes nothing.
  `select p.is_pending, case when p.is_pending then (
    select d.id
    from daemons d
    where d.id = $1
    for no key update) end as locked
from (
  select exists (
    select 1
    from jobs j
    where j.status = 'pending'
      and j.driver = any($2::text[])) as is_pending) p`,
);

const takeStatement: Statement<TakenRow> = statement(
  "job_lease",
  // Queue order (spec §7): people first, then the pools' deletes, then their creates; within a
  // class the oldest first. A create is skipped when it would leave fewer free slots than are reserved for people.
  `with busy as materialized (
  select count(*)::int as slots
  from jobs
  where daemon_id = $1
    and status in ('running', 'canceling')
), next as (
  select j.id
  from jobs j
  cross join busy
  where j.status = 'pending'
    and j.driver = any($3::text[])
    and j.tags <@ $4::jsonb
    and coalesce((
      select s.daemon_id
      from provider_states s
      where s.workspace_id = j.workspace_id), $1) = $1
    and (not j.is_prebuild or j.is_pool_removal or $8::int = 0 or $7::int - busy.slots > $8::int)
  order by j.is_prebuild, j.is_pool_removal desc, j.created_at, j.id
  limit 1
  for update of j skip locked
)
update jobs j
set status = 'running', attempt = j.attempt + 1, daemon_id = $1, daemon_incarnation = $2, started_at = $5,
  lease_expires_at = $6
from next
where j.id = next.id
returning j.id`,
);

export interface LeasedJobRow {
  readonly id: JobId;
  readonly attempt: number;
  readonly kind: "build" | "template_import" | "rehearsal";
  readonly driver: string;
  readonly template_version_id: TemplateVersionId;
  readonly template_name: string;
  readonly template_id: TemplateId;
  readonly version_name: string;
  readonly manifest: Manifest;
  readonly version_state: unknown;
  readonly archive_hash: string;
  readonly build_id: BuildId | null;
  readonly build_number: number;
  readonly transition: Transition;
  readonly stage: BuildStage;
  readonly workspace_id: WorkspaceId;
  readonly workspace_name: string;
  readonly parameters: Record<string, string>;
  readonly owner_id: string;
  readonly owner_username: string;
  readonly owner_name: string;
  readonly owner_email: string | null;
  /** The newest state of the workspace; null when nothing was ever made. */
  readonly sealed: Buffer | null;
  readonly key_id: string | null;
  /** As an earlier release stored it, until a server has sealed it. */
  readonly plain_state: unknown;
  readonly version_number: number;
  readonly variable_names: readonly string[];
  readonly variables_sealed: Buffer | null;
  readonly variables_key_id: string | null;
}

const detailStatement: Statement<LeasedJobRow> = statement(
  "job_lease_detail",
  `select j.id, j.attempt, j.kind, v.driver, v.id as template_version_id, t.name as template_name, t.id as template_id, v.name as version_name, v.manifest, v.version_state,
  encode(v.file_hash, 'hex') as archive_hash, b.id as build_id, b.number as build_number, b.transition, b.stage,
  w.id as workspace_id, w.name as workspace_name, b.parameters, u.id as owner_id, u.username as owner_username,
  u.name as owner_name, u.email as owner_email, s.sealed, s.key_id, s.state as plain_state,
  v.number as version_number, v.variable_names, v.variables_sealed, v.variables_key_id
from jobs j
join template_versions v on v.id = j.template_version_id
join templates t on t.id = v.template_id
left join workspaces w on w.id = j.workspace_id
left join builds b on b.id = coalesce(j.build_id, w.latest_build_id)
left join users u on u.id = w.owner_id
left join provider_states s on s.workspace_id = w.id
where j.id = $1`,
);

export interface TakeInput {
  readonly daemonId: DaemonId;
  readonly incarnation: string;
  readonly drivers: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly now: Date;
  readonly leaseUntil: Date;
  /** Jobs that the daemon runs at once. */
  readonly concurrency: number;
  /** Slots that a prebuild's build leaves free for people; 0: none. */
  readonly reservedSlots: number;
}

/** Takes the next job for a daemon, or none. Two daemons never take the same one. */
export async function takeJob(tx: Tx, input: TakeInput): Promise<LeasedJobRow | undefined> {
  const [queue] = await tx.query(lockStatement, [input.daemonId, input.drivers]);
  if (queue?.is_pending !== true) return undefined;
  const [taken] = await tx.query(takeStatement, [
    input.daemonId,
    input.incarnation,
    input.drivers,
    input.tags,
    input.now,
    input.leaseUntil,
    input.concurrency,
    input.reservedSlots,
  ]);
  if (taken === undefined) return undefined;
  return (await tx.query(detailStatement, [taken.id]))[0];
}

interface HeartbeatRow {
  readonly is_cancel_requested: boolean;
}

const heartbeatStatement: Statement<HeartbeatRow> = statement(
  "job_heartbeat",
  `update jobs
set lease_expires_at = $3
where id = $1
  and attempt = $2
  and status in ('running', 'canceling')
returning status = 'canceling' as is_cancel_requested`,
);

/** Extends a lease; undefined when it is lost. */
export async function extendLease(
  sql: Sql,
  input: { readonly jobId: JobId; readonly attempt: number; readonly leaseUntil: Date },
): Promise<HeartbeatRow | undefined> {
  return (await sql.query(heartbeatStatement, [input.jobId, input.attempt, input.leaseUntil]))[0];
}

const expiredStatement: Statement<TakenRow> = statement(
  "job_leases_expired",
  `select id
from jobs
where status in ('running', 'canceling')
  and lease_expires_at < $1
order by lease_expires_at
limit $2`,
);

/** Jobs whose daemon stopped answering, at most `max`. */
export async function expiredLeases(sql: Sql, now: Date, max: number): Promise<JobId[]> {
  return (await sql.query(expiredStatement, [now, max])).map((row) => row.id);
}

const lostStatement: Statement<TakenRow> = statement(
  "job_leases_of_lost_daemon",
  `select id
from jobs
where status in ('running', 'canceling')
  and daemon_id = $1
  and daemon_incarnation <> $2`,
);

/** Jobs that an earlier incarnation of a daemon held: it is gone, and they with it. */
export async function leasesOfEarlierIncarnation(sql: Sql, daemonId: DaemonId, incarnation: string): Promise<JobId[]> {
  return (await sql.query(lostStatement, [daemonId, incarnation])).map((row) => row.id);
}

const logStatement: Statement<TakenRow> = statement(
  "job_log_append",
  // Lines beyond the limit are dropped; the last one that is kept says so.
  `with holder as (
  update jobs
  set log_lines = log_lines + cardinality($6::text[])
  where id = $1
    and attempt = $2
    and status in ('running', 'canceling')
  returning id, log_lines - cardinality($6::text[]) as before
), kept as (
  insert into job_logs (job_id, at, level, stage, line)
  select holder.id, l.at, l.level, l.stage,
    case when holder.before + l.position < $7 then l.line else 'the log has reached its limit; the rest is dropped' end
  from holder,
    unnest($3::timestamptz[], $4::text[], $5::text[], $6::text[]) with ordinality
      as l(at, level, stage, line, position)
  where holder.before + l.position <= $7
  order by l.position
)
select id
from holder`,
);

/** Appends log lines in order; false when the lease is lost. */
export async function appendJobLog(
  sql: Sql,
  input: {
    readonly jobId: JobId;
    readonly attempt: number;
    readonly lines: readonly {
      readonly at: string;
      readonly level: string;
      readonly stage: string;
      readonly line: string;
    }[];
  },
): Promise<boolean> {
  const { lines } = input;
  if (lines.length === 0) return true;
  const rows = await sql.query(logStatement, [
    input.jobId,
    input.attempt,
    lines.map((line) => line.at),
    lines.map((line) => line.level),
    lines.map((line) => line.stage),
    // PostgreSQL text cannot hold NUL, which a build may well print.
    lines.map((line) => line.line.replaceAll("\0", "\uFFFD")),
    jobLogLinesMax,
  ]);
  return rows.length > 0;
}

const releaseStatement: Statement<TakenRow> = statement(
  "job_lease_release",
  `update jobs
set status = 'pending', daemon_id = null, daemon_incarnation = null, lease_expires_at = null, started_at = null
where id = $1
  and attempt = $2
  and status = 'running'
returning id`,
);

/** Puts a job back that was leased to a daemon which hung up before it could hear of it. */
export async function releaseLeasedJob(sql: Sql, jobId: JobId, attempt: number): Promise<void> {
  await sql.query(releaseStatement, [jobId, attempt]);
}
