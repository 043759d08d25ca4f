import { agentLogLinesMax } from "../../contracts/limits.ts";
import { type Statement, statement } from "../statement.ts";
import type { PruneStep, RetentionRule, StepDone } from "./retention-rule.ts";

const linesPerStepMax = 10_000;
const everyMs = 600_000;

interface PrunedRow {
  readonly looked: number;
  readonly newest: number | null;
  readonly removed: number;
}

const pruneStatement: Statement<PrunedRow> = statement(
  "retention_agent_logs",
  // Only agents that have written since the walk was here: what nobody writes does not grow. Each keeps its newest lines.
  `with fresh as materialized (
  select id, agent_id
  from agent_logs
  where id > $1
  order by id
  limit $2
), crowded as materialized (
  select w.agent_id, o.id as newest_gone
  from (
    select distinct agent_id
    from fresh) w
  cross join lateral (
    select id
    from agent_logs
    where agent_id = w.agent_id
    order by id desc
    offset $3
    limit 1) o
), gone as (
  delete from agent_logs
  where ctid = any(array(
    select l.ctid
    from crowded c
    cross join lateral (
      select ctid, id
      from agent_logs
      where agent_id = c.agent_id
        and id <= c.newest_gone
      order by id
      limit $2) l
    limit $2))
  returning 1
)
select (select count(*) from fresh)::int as looked, (select max(id) from fresh) as newest,
  (select count(*) from gone)::int as removed`,
  "long",
);

async function step({ sql, cursor }: PruneStep): Promise<StepDone> {
  const from = cursor?.[0] ?? 0;
  const [row] = await sql.query(pruneStatement, [from, linesPerStepMax, agentLogLinesMax]);
  if (row === undefined) throw new Error("The look at the agents' logs came back empty.");
  const removed = { agent_logs: row.removed };
  // As many as one statement takes: the same agents may have more.
  if (row.removed === linesPerStepMax) return { removed, next: [from] };
  const upTo = [row.newest ?? from];
  return row.looked < linesPerStepMax ? { removed, next: null, beginsAt: upTo } : { removed, next: upTo };
}

/** An agent's log keeps its newest lines. A walk goes on where the one before has ended. */
export const agentLogsRule: RetentionRule = { name: "agent_logs", everyMs, step };
