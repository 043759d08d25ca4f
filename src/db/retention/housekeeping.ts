import { agentLogLinesMax } from "../../contracts/limits.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** A workspace's jobs by what is indexed: those of its builds, and its rehearsals, which have none. */
function jobsOf(workspaceId: string): string {
  return `select b.job_id as id
      from builds b
      where b.workspace_id = ${workspaceId}
        and b.job_id is not null
      union all
      select r.id
      from jobs r
      where r.workspace_id = ${workspaceId}
        and r.kind = 'rehearsal'`;
}

const logsStatement: Statement<object> = statement(
  "housekeeping_logs",
  // The log of a workspace that is gone is kept for a while, for whoever wants to know why; then it goes. Only those
  // that have something left: the rows of workspaces stay, and the oldest of them would be all that a run looks at.
  `with old as (
  select w.id
  from workspaces w
  where w.deleted_at < $1
    and (exists (
      select 1
      from agents a
      where a.workspace_id = w.id)
    or exists (
      select 1
      from (${jobsOf("w.id")}) j
      join job_logs l on l.job_id = j.id))
  order by w.deleted_at
  limit $2
), agent_lines as (
  delete from agents a
  using old
  where a.workspace_id = old.id
)
delete from job_logs l
using old
cross join lateral (${jobsOf("old.id")}) j
where l.job_id = j.id`,
  "long",
);

const agentLogStatement: Statement<object> = statement(
  "housekeeping_agent_logs",
  // An agent's log keeps its newest lines.
  `delete from agent_logs l
using (
  select a.id as agent_id, o.id as oldest_kept
  from agents a
  cross join lateral (
    select id
    from agent_logs
    where agent_id = a.id
    order by id desc
    offset $1
    limit 1) o) c
where l.agent_id = c.agent_id
  and l.id <= c.oldest_kept`,
  "long",
);

const tokensStatement: Statement<object> = statement(
  "housekeeping_tokens",
  `delete from tokens
where expires_at < $1
  or revoked_at < $1`,
  "long",
);

const keysStatement: Statement<object> = statement(
  "housekeeping_idempotency",
  `delete from idempotency_keys
where created_at < $1`,
  "long",
);

/** Forgets what nobody can ask for any more: logs of workspaces long gone, dead tokens, old idempotency keys. */
export async function housekeep(
  sql: Sql,
  before: {
    readonly workspacesDeleted: Date;
    readonly workspacesMax: number;
    readonly tokensEnded: Date;
    readonly keysCreated: Date;
  },
): Promise<void> {
  await sql.query(logsStatement, [before.workspacesDeleted, before.workspacesMax]);
  await sql.query(agentLogStatement, [agentLogLinesMax]);
  await sql.query(tokensStatement, [before.tokensEnded]);
  await sql.query(keysStatement, [before.keysCreated]);
}
