import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Log lines that one statement removes. */
const linesPerStatementMax = 10_000;

interface CountRow {
  readonly rows: number;
}

const jobLinesStatement: Statement<CountRow> = statement(
  "retention_job_lines",
  `with gone as (
  delete from job_logs
  where ctid = any(array(
    select l.ctid
    from unnest($1::uuid[]) as j(id)
    cross join lateral (
      select ctid
      from job_logs
      where job_id = j.id
      limit $2) l
    limit $2))
  returning 1
)
select count(*)::int as rows
from gone`,
  "long",
);

const agentLinesStatement: Statement<CountRow> = statement(
  "retention_agent_lines",
  `with gone as (
  delete from agent_logs
  where ctid = any(array(
    select l.ctid
    from unnest($1::uuid[]) as a(id)
    cross join lateral (
      select ctid
      from agent_logs
      where agent_id = a.id
      limit $2) l
    limit $2))
  returning 1
)
select count(*)::int as rows
from gone`,
  "long",
);

/**
 * Removes the logs of jobs and agents, however long they are, a bounded number of lines at a time: what removes the jobs
 * and agents after it finds none left, and its own statement stays short.
 */
export async function pruneLines(
  sql: Sql,
  of: { readonly jobIds: readonly string[]; readonly agentIds: readonly string[] },
): Promise<Readonly<Record<string, number>>> {
  return {
    job_logs: await emptied(sql, jobLinesStatement, of.jobIds),
    agent_logs: await emptied(sql, agentLinesStatement, of.agentIds),
  };
}

async function emptied(sql: Sql, lines: Statement<CountRow>, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  let total = 0;
  for (;;) {
    const rows = (await sql.query(lines, [ids, linesPerStatementMax]))[0]?.rows ?? 0;
    total += rows;
    if (rows < linesPerStatementMax) return total;
  }
}
