import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface LostAgents {
  readonly count: number;
  /** Since when the longest of them is away. */
  readonly since: Date | null;
}

const lostStatement: Statement<LostAgents> = statement(
  "agents_lost_of_prebuilds",
  `select count(*)::int as count, min(a.disconnected_at) as since
from prebuilds b
join agents a on a.workspace_id = b.workspace_id
where b.state = 'starting'
  and b.first_build_result = 'succeeded'
  and a.retired_at is null
  and a.server_id is null
  and a.ready_at is not null`,
);

/** Agents that had their unclaimed prebuild ready once, and are not connected any more: it cannot be claimed. */
export async function lostAgentsOfPrebuilds(sql: Sql): Promise<LostAgents> {
  const [row] = await sql.query(lostStatement, []);
  return row ?? { count: 0, since: null };
}
