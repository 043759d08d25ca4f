import type { JobId, OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import type { JobStatus, Transition } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";
import { endedJobsLookedMax } from "../../contracts/limits.ts";
import { userEverNamed } from "../audit/audit-pages.ts";
import { blockedBecause, daemonFits, daemonIsAlive } from "../daemons/daemon-match.ts";
import type { JobLane } from "../../contracts/job-queue.ts";
import { laneOfJob } from "./lane-of-job.ts";

export interface JobView {
  readonly id: JobId;
  readonly organization_id: OrganizationId;
  readonly kind: "build" | "template_import" | "rehearsal";
  readonly status: JobStatus;
  readonly queue_position: number | null;
  readonly lane: JobLane;
  readonly place: number | null;
  /** Of a pending job: the connected daemons that could take it, at most `fittingMax`. */
  readonly fitting: readonly { readonly slots: number; readonly taken: number }[] | null;
  readonly attempt: number;
  readonly initiator_id: UserId;
  readonly initiator: string;
  readonly is_prebuild: boolean;
  readonly template: string | null;
  readonly workspace: string | null;
  readonly workspace_id: WorkspaceId | null;
  readonly owner_id: UserId | null;
  readonly owner: string | null;
  readonly preset: string | null;
  readonly transition: Transition | null;
  readonly stage: string | null;
  readonly tags: Record<string, string>;
  readonly driver: string;
  readonly daemon: string | null;
  readonly blocked_because: string | null;
  readonly error_code: string | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly completed_at: Date | null;
  readonly total: number;
}

const fittingMax = 500;

// $1: a daemon that has been heard of since can be counted on. Their slots once for all jobs that are shown.
const connectedDaemons = `connected as materialized (
  select e.id, e.drivers, e.tags, e.concurrency as slots, (
    select count(*)::int
    from jobs r
    where r.daemon_id = e.id
      and r.status in ('running', 'canceling')) as taken
  from daemons e
  where ${daemonIsAlive("$1")}
  order by e.seen_at desc
  limit ${fittingMax}
)`;

const jobColumns = `j.id, j.organization_id, j.kind, j.status,
  case when j.status = 'pending' then (
    select count(*)::int + 1
    from jobs q
    where q.status = 'pending'
      and (q.is_prebuild, not q.is_pool_removal, q.created_at, q.id)
        < (j.is_prebuild, not j.is_pool_removal, j.created_at, j.id)) end as queue_position,
  case when j.status = 'pending' then (
    select count(*)::int + 1
    from jobs q
    where q.status = 'pending'
      and q.is_prebuild = j.is_prebuild
      and q.is_pool_removal = j.is_pool_removal
      and (q.created_at, q.id) < (j.created_at, j.id)) end as place,
  case when j.status = 'pending' then (
    select coalesce(jsonb_agg(jsonb_build_object('slots', e.slots, 'taken', e.taken)), '[]')
    from connected e
    where ${daemonFits}) end as fitting,
  ${laneOfJob} as lane, j.attempt,
  j.initiator_id, u.username as initiator, j.is_prebuild, t.name as template, w.name as workspace, j.workspace_id, w.owner_id,
  o.username as owner, p.name as preset,
  b.transition, b.stage, j.tags, j.driver, d.name as daemon,
  ${blockedBecause("$1")} as blocked_because,
  j.error_code, j.error, j.created_at, j.started_at, j.completed_at`;

const jobTables = `jobs j
join users u on u.id = j.initiator_id
left join templates t on t.id = j.template_id
left join builds b on b.id = j.build_id
left join workspaces w on w.id = j.workspace_id
left join users o on o.id = w.owner_id
left join presets p on p.id = w.preset_id
left join daemons d on d.id = j.daemon_id`;

const byIdStatement: Statement<JobView> = statement(
  "job_by_id",
  `with ${connectedDaemons}
select ${jobColumns}, 1 as total
from ${jobTables}
where j.id = $2`,
);

export async function jobById(sql: Sql, id: JobId, daemonsSeenSince: Date): Promise<JobView | undefined> {
  return (await sql.query(byIdStatement, [daemonsSeenSince, id]))[0];
}

/**
 * By whose entries the jobs that have ended are looked through, the newest first. One statement for each, with the index
 * that has their order: with conditions that may be absent, all jobs that ever were would be read.
 */
const narrowings = { organization: "j.organization_id = $2", initiator: "j.initiator_id = $12::uuid" } as const;
const listedColumns = `j.id, j.status, j.is_prebuild, j.is_pool_removal, j.created_at, j.initiator_id, j.template_id,
    j.organization_id, j.tags`;

function listStatement(by: keyof typeof narrowings): Statement<JobView> {
  return statement(
    `jobs_list_by_${by}`,
    // Pending ones in the order in which they will be taken, then the others, the newest first. What is shown is worked
    // out for the page alone.
    `with ${connectedDaemons}, looked as materialized (
  (select ${listedColumns}
  from jobs j
  where j.status = 'pending'
    and ${narrowings[by]})
  union all
  (select ${listedColumns}
  from jobs j
  where j.status in ('running', 'canceling')
    and ${narrowings[by]})
  union all
  (select ${listedColumns}
  from jobs j
  where j.completed_at is not null
    and ${narrowings[by]}
  order by j.created_at desc, j.id
  limit ${endedJobsLookedMax})
), page as materialized (
  select p.*, row_number() over () as position
  from (
    select j.id, count(*) over ()::int as total
    from looked j
    left join templates t on t.id = j.template_id
    where j.organization_id = $2
      and ($3::uuid is null or j.initiator_id = $3 or ($4 and j.is_prebuild))
      and ($5::text is null or j.status = $5)
      and ($6::uuid is null or j.initiator_id = $6)
      and ($7::text is null or lower(t.name) = lower($7))
      and ($8::jsonb is null or j.tags @> $8)
      and ($11::text is null or ${laneOfJob} = $11)
    order by j.status <> 'pending',
      case when j.status = 'pending' then j.is_prebuild end,
      case when j.status = 'pending' then not j.is_pool_removal end,
      case when j.status = 'pending' then j.created_at end,
      j.created_at desc,
      j.id
    limit $9
    offset $10) p
)
select x.*, page.total
from page
cross join lateral (
  select ${jobColumns}
  from ${jobTables}
  where j.id = page.id
  limit 1) x
order by page.position`,
  );
}

const byOrganizationStatement = listStatement("organization");
const byInitiatorStatement = listStatement("initiator");

export interface ListJobsInput {
  readonly daemonsSeenSince: Date;
  readonly organizationId: OrganizationId;
  /** Only this user's jobs; null for everybody's. */
  readonly visibleTo: UserId | null;
  /** Whether, beside his own, he sees the pools' jobs. */
  readonly seesPrebuilds: boolean;
  readonly status: string | null;
  readonly initiator: string | null;
  readonly template: string | null;
  readonly tag: Readonly<Record<string, string>> | null;
  readonly lane: JobLane | null;
  readonly limit: number;
  readonly offset: number;
}

/** A page of jobs. Of those that have ended, the newest `endedJobsLookedMax` are looked through, and counted. */
export async function listJobs(sql: Sql, input: ListJobsInput): Promise<JobView[]> {
  const initiatorId = input.initiator === null ? null : ((await userEverNamed(sql, input.initiator)) ?? null);
  if (input.initiator !== null && initiatorId === null) return [];
  const narrowedTo = initiatorId ?? (input.seesPrebuilds ? null : input.visibleTo);
  const params = [
    input.daemonsSeenSince,
    input.organizationId,
    input.visibleTo,
    input.seesPrebuilds,
    input.status,
    initiatorId,
    input.template,
    input.tag,
    input.limit,
    input.offset,
    input.lane,
  ];
  return narrowedTo === null
    ? await sql.query(byOrganizationStatement, params)
    : await sql.query(byInitiatorStatement, [...params, narrowedTo]);
}

const requestCancelStatement: Statement<{ readonly id: JobId }> = statement(
  "job_request_cancel",
  `update jobs
set status = 'canceling', cancel_requested_at = $2
where id = $1
  and status = 'running'
returning id`,
);

/** Asks the daemon of a running job to stop it; false when it is not running. */
export async function requestCancel(tx: Tx, jobId: JobId, now: Date): Promise<boolean> {
  const rows = await tx.query(requestCancelStatement, [jobId, now]);
  if (rows.length > 0) {
    tx.emit(`job:${jobId}`);
    tx.emit("queue");
  }
  return rows.length > 0;
}

const pendingPrebuildStatement: Statement<{ readonly id: JobId }> = statement(
  "jobs_pending_prebuild",
  // By the class of the queue: a claim is a person's job and is never in here (case 162). Deletes go on.
  `select j.id
from jobs j
join builds b on b.id = j.build_id
join users u on u.id = j.initiator_id
left join templates t on t.id = j.template_id
where j.status = 'pending'
  and j.is_prebuild
  and b.transition = 'start'
  and j.organization_id = $1
  and ($2::text is null or lower(t.name) = lower($2))
  and ($3::text is null or j.status = $3)
  and ($4::text is null or lower(u.username) = lower($4))
  and ($5::jsonb is null or j.tags @> $5)
order by j.created_at
limit $6`,
);

export async function pendingPrebuildJobs(
  sql: Sql,
  organizationId: OrganizationId,
  input: Pick<ListJobsInput, "template" | "status" | "initiator" | "tag"> & { readonly max: number },
): Promise<JobId[]> {
  const { template, status, initiator, tag, max } = input;
  const rows = await sql.query(pendingPrebuildStatement, [organizationId, template, status, initiator, tag, max]);
  return rows.map((row) => row.id);
}
