import type { WorkspaceId } from "../../contracts/ids.ts";
import type { LedgerState } from "../../contracts/states.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** The expected state of a ledger row from the facts; `domain/ledger/ledger-state.ts` says the same, and a test compares. */
const expectedState = `case
    when b.claimed_at is not null then 'claimed'
    when w.deleted_at is not null then 'deleted'
    when l.transition = 'start' and coalesce(j.status, 'succeeded') in ('pending', 'running', 'canceling')
      then 'building'
    when l.transition = 'start' and coalesce(j.status, 'succeeded') = 'succeeded'
      then case when a.total > 0 and a.total = a.ready then 'ready' else 'starting' end
    when l.transition = 'start' then 'failed'
    when l.transition = 'stop' and j.status in ('pending', 'running', 'canceling') then 'stopping'
    when l.transition = 'stop' then 'parked'
    when coalesce(j.status, 'succeeded') = 'succeeded' then 'deleted'
    else 'draining'
  end`;

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

/** Ledger rows that say something else than builds and agents do, at most `max`. */
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
  `update prebuilds p
set state = e.expected, generation = p.generation + 1,
  ready_at = case when e.expected = 'ready' then coalesce(p.ready_at, $2) else p.ready_at end,
  ended_at = case when e.expected = 'deleted' then coalesce(p.ended_at, $2) else p.ended_at end
from (
  select b.workspace_id, b.state, ${expectedState} as expected
  from ${facts}
  where b.workspace_id = $1) e
where p.workspace_id = e.workspace_id
  and p.state not in ('claimed', 'deleted')
  and p.state <> e.expected
returning p.workspace_id, e.state, e.expected`,
);

/** Makes one row say what the facts say, under its lock: a row that was only in the middle of a change stays. */
export async function repairLedger(tx: Tx, workspaceId: WorkspaceId, now: Date): Promise<DivergentRow | undefined> {
  await tx.query(lockStatement, [workspaceId]);
  const [row] = await tx.query(repairStatement, [workspaceId, now]);
  if (row !== undefined) tx.emit("pools");
  return row;
}
