import type { JobId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

interface BlockedRow {
  readonly id: JobId;
  readonly blocked_because: string;
}

const blockedStatement: Statement<BlockedRow> = statement(
  "jobs_blocked_too_long",
  // Not the pools' builds: their pool decides how many are wanted, and takes back what is not.
  `select id, blocked_because
from jobs
where status = 'pending'
  and blocked_since < $1
  and blocked_because is not null
  and (not is_prebuild or is_pool_removal or kind <> 'build')
order by blocked_since
limit $2`,
);

/** Jobs that no daemon could take since before that instant, at most `max`, the longest blocked first. */
export async function blockedTooLong(sql: Sql, since: Date, max: number): Promise<BlockedRow[]> {
  return await sql.query(blockedStatement, [since, max]);
}
