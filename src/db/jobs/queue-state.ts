import type { JobLane } from "../../contracts/job-queue.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Jobs of one class that wait or run. */
export interface QueueClassRow {
  readonly class: JobLane;
  readonly pending: number;
  readonly oldest: Date | null;
  readonly running: number;
}

const queueStatement: Statement<QueueClassRow> = statement(
  "queue_state",
  // Two parts, each by its own partial index: one list of statuses would read every job that ever was.
  `with open as (
  select is_prebuild, is_pool_removal, created_at, true as is_pending
  from jobs
  where status = 'pending'
  union all
  select is_prebuild, is_pool_removal, created_at, false
  from jobs
  where status in ('running', 'canceling')
)
select case when not is_prebuild then 'people' when is_pool_removal then 'removals' else 'prebuilds' end as class,
  count(*) filter (where is_pending)::int as pending, min(created_at) filter (where is_pending) as oldest,
  count(*) filter (where not is_pending)::int as running
from open
group by 1`,
  "long",
);

/** The queue by class; a class without jobs has no row. */
export async function readQueueState(sql: Sql): Promise<QueueClassRow[]> {
  return await sql.query(queueStatement, []);
}
