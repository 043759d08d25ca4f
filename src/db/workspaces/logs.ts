import type { JobId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface LogRow {
  readonly id: number;
  readonly at: Date;
  readonly level: string;
  readonly stage: string;
  readonly line: string;
}

const jobStatement: Statement<LogRow> = statement(
  "job_log_read",
  `select id, at, level, stage, line
from job_logs
where job_id = $1
  and id > $2
order by id
limit $3`,
);

export async function readJobLog(
  sql: Sql,
  jobId: JobId,
  page: { readonly after: number; readonly limit: number },
): Promise<LogRow[]> {
  return await sql.query(jobStatement, [jobId, page.after, page.limit]);
}

const agentStatement: Statement<LogRow> = statement(
  "agent_log_read",
  // From each agent's own lines: over all of them, the planner took the log of the deployment from its beginning.
  `select l.id, l.at, l.level, l.source as stage, l.line
from agents a
cross join lateral (
  select id, at, level, source, line
  from agent_logs
  where agent_id = a.id
    and id > $2
  order by id
  limit $3) l
where a.workspace_id = $1
order by l.id
limit $3`,
);

export async function readAgentLog(
  sql: Sql,
  workspaceId: WorkspaceId,
  page: { readonly after: number; readonly limit: number },
): Promise<LogRow[]> {
  return await sql.query(agentStatement, [workspaceId, page.after, page.limit]);
}
