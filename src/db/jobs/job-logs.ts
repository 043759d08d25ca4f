import type { JobId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

const tellStatement: Statement<object> = statement(
  "job_log_tell",
  `with told as (
  update jobs
  set log_lines = log_lines + cardinality($4::text[])
  where id = $1
  returning id
)
insert into job_logs (job_id, at, level, stage, line)
select told.id, $2, 'warn', $3, l.line
from told, unnest($4::text[]) with ordinality as l(line, position)
order by l.position`,
);

/** Warnings of the server itself in the log of a job that it has just queued, before any line of a daemon. */
export async function tellInJobLog(
  tx: Tx,
  jobId: JobId,
  told: { readonly at: Date; readonly stage: string; readonly lines: readonly string[] },
): Promise<void> {
  if (told.lines.length === 0) return;
  await tx.query(tellStatement, [jobId, told.at, told.stage, told.lines]);
}
