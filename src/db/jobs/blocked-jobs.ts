import { jobLogLinesMax } from "../../contracts/limits.ts";
import type { JobId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import { blockedBecause } from "../daemons/daemon-match.ts";

const noteStatement: Statement<{ readonly id: JobId }> = statement(
  "jobs_note_blocked",
  // One line for each change, in the statement that remembers it: a second server that looks at the same time waits
  // for the row, sees it said, and says nothing.
  //
  // Asked once for each kind of job: what decides is the driver, the tags, and the daemon that the workspace is bound to.
  // Asked for each job, a queue of ten thousand took a second of the database every two. In the update the status
  // is an expression, so that the rows are found by their ids: with statistics from a moment in which nothing waited,
  // the planner took the queue's index for each of them.
  `with waiting as materialized (
  select j.id, j.blocked_because, j.driver, j.tags, j.workspace_id,
    coalesce(s.daemon_id, '00000000-0000-0000-0000-000000000000') as bound_to
  from jobs j
  left join provider_states s on s.workspace_id = j.workspace_id
  where j.status = 'pending'
    and j.created_at < $3
  order by j.is_prebuild, j.is_pool_removal desc, j.created_at, j.id
  limit $6
), kinds as (
  select driver, tags, bound_to, 'pending' as status, (array_agg(workspace_id))[1] as workspace_id
  from waiting
  group by driver, tags, bound_to
), answers as materialized (
  select j.driver, j.tags, j.bound_to, ${blockedBecause("$2")} as because
  from kinds j
), looked as (
  select w.id, w.blocked_because, a.because
  from waiting w
  join answers a on a.driver = w.driver and a.tags = w.tags and a.bound_to = w.bound_to
), changed as (
  update jobs j
  set blocked_because = l.because, blocked_since = case when l.because is not null then coalesce(j.blocked_since, $1) end,
    log_lines = j.log_lines + 1
  from (
    select id, because
    from looked
    where blocked_because is distinct from because
    order by id
    limit $4) l
  where j.id = l.id
    and j.status || '' = 'pending'
    and j.blocked_because is distinct from l.because
  returning j.id, j.blocked_because, j.log_lines
), said as (
  insert into job_logs (job_id, at, level, stage, line)
  select id, $1, case when blocked_because is null then 'info' else 'warn' end, 'queue',
    case when blocked_because is null then 'a daemon that can take the job is connected'
      else 'the job waits: ' || blocked_because end
  from changed
  where log_lines <= $5
)
select id
from changed`,
  "long",
);

/** Says in the log of each job that has waited for a while why no daemon can take it, and when one can again. */
export async function noteBlockedJobs(
  sql: Sql,
  input: {
    readonly now: Date;
    readonly daemonsSeenSince: Date;
    readonly createdBefore: Date;
    /** Jobs of which something is said. */
    readonly max: number;
    /** Jobs, from the head of the queue, that are looked at. */
    readonly lookedAtMax: number;
  },
): Promise<JobId[]> {
  const { now, daemonsSeenSince, createdBefore, max, lookedAtMax } = input;
  const params = [now, daemonsSeenSince, createdBefore, max, jobLogLinesMax, lookedAtMax];
  const rows = await sql.query(noteStatement, params);
  return rows.map((row) => row.id);
}
