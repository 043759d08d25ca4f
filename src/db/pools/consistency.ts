import type { WorkspaceId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import { expectedStateSql } from "../ledger/expected-state.ts";
import { firstBuildSucceeded } from "../ledger/follow-agents.ts";
import { ledgerMove } from "../ledger/ledger-writes.ts";
import type { Sql, Tx } from "../store.ts";

const expectedState = expectedStateSql();

const facts = `prebuilds b
join workspaces w on w.id = b.workspace_id
join builds l on l.id = w.latest_build_id
left join jobs j on j.id = l.job_id
left join lateral (
  select count(*) as total,
    count(*) filter (where g.state = 'ready' and g.server_id is not null) as ready
  from agents g
  where g.workspace_id = w.id
    and g.retired_at is null) a on true`;

export interface DivergentRow {
  readonly workspace_id: WorkspaceId;
  readonly state: LedgerState;
  readonly expected: LedgerState;
}

/** The divergent ones of what one of the indexes of live rows has; each is looked up by itself. */
const divergentOf = (states: string): string => `select d.workspace_id, d.state, d.expected
from prebuilds p
cross join lateral (
  select b.workspace_id, b.state, ${expectedState} as expected
  from ${facts}
  where b.workspace_id = p.workspace_id
  limit 1) d
where p.state in (${states})
  and d.state <> d.expected`;

const divergentStatement: Statement<DivergentRow> = statement(
  "ledger_divergent",
  // Two parts, each by its own partial index. One that says claimed or deleted is not questioned again.
  `${divergentOf("'building', 'starting', 'ready', 'stopping', 'draining'")}
union all
${divergentOf("'failed', 'parked'")}
limit $1`,
  "long",
);

/** Ledger rows that disagree with builds and agents, at most `max`. */
export async function divergentLedger(sql: Sql, max: number): Promise<DivergentRow[]> {
  return await sql.query(divergentStatement, [max]);
}

const lockStatement: Statement<object> = statement(
  "ledger_repair_lock",
  `select workspace_id
from prebuilds
where workspace_id = $1
for update`,
);

const repairStatement: Statement<DivergentRow> = statement(
  "ledger_repair",
  ledgerMove({
    name: "ledger_repair",
    steps: "repair",
    state: "e.expected",
    set: [
      "ready_at = case when e.expected = 'ready' then coalesce(b.ready_at, $2) else b.ready_at end",
      "ended_at = case when e.expected = 'deleted' then coalesce(b.ended_at, $2) else b.ended_at end",
      ...firstBuildSucceeded("e.expected = 'ready'", "$2"),
    ],
    source: `(
  select b.workspace_id, b.state, ${expectedState} as expected
  from ${facts}
  where b.workspace_id = $1) e`,
    where: `b.workspace_id = e.workspace_id
  and b.state not in ('claimed', 'deleted')
  and b.state <> e.expected`,
    returning: "b.workspace_id, e.state, e.expected",
  }),
);

/** Makes one row say what the facts say, under its lock: a row that was only in the middle of a change stays. */
export async function repairLedger(tx: Tx, workspaceId: WorkspaceId, now: Date): Promise<DivergentRow | undefined> {
  await tx.query(lockStatement, [workspaceId]);
  const [row] = await tx.query(repairStatement, [workspaceId, now]);
  if (row !== undefined) tx.emit("pools");
  return row;
}
