import type { WorkspaceId } from "../../contracts/ids.ts";
import { buildStages, jobStatuses, type LedgerState, ledgerStates, transitions } from "../../contracts/states.ts";
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

const divergentStatement: Statement<DivergentRow> = statement(
  "ledger_divergent",
  `select b.workspace_id, b.state, ${expectedState} as expected
from ${facts}
where b.state not in ('claimed', 'deleted')
  and b.state <> ${expectedState}
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

export interface StrayRow {
  readonly kind: string;
  readonly id: string;
  readonly detail: string;
}

const strayStatement: Statement<StrayRow> = statement(
  "consistency_strays",
  // What foreign keys and checks would have refused, had the claim path been able to afford them (decision 0020).
  `(select 'prebuild_without_ledger' as kind, w.id::text as id, w.name as detail
from workspaces w
left join prebuilds b on b.workspace_id = w.id
where w.deleted_at is null
  and w.owner_id = $1
  and b.workspace_id is null
limit $2)
union all
(select 'claimed_but_owned_by_pool', w.id::text, w.name
from workspaces w
join prebuilds b on b.workspace_id = w.id
where w.deleted_at is null
  and b.state = 'claimed'
  and w.owner_id = $1
limit $2)
union all
(select 'unclaimed_but_owned_by_person', w.id::text, w.name
from workspaces w
join prebuilds b on b.workspace_id = w.id
where w.deleted_at is null
  and b.state <> 'claimed'
  and w.owner_id <> $1
limit $2)
union all
(select 'deleted_in_ledger_only', w.id::text, w.name
from workspaces w
join prebuilds b on b.workspace_id = w.id
where w.deleted_at is null
  and b.state = 'deleted'
limit $2)
union all
(select 'workspace_without_template', w.id::text, w.name
from workspaces w
left join templates t on t.id = w.template_id
where w.deleted_at is null
  and t.id is null
limit $2)
union all
(select 'workspace_without_owner', w.id::text, w.name
from workspaces w
left join users u on u.id = w.owner_id
where w.deleted_at is null
  and (u.id is null or u.deleted_at is not null)
limit $2)
union all
(select 'workspace_without_build', w.id::text, w.name
from workspaces w
left join builds l on l.id = w.latest_build_id
where w.deleted_at is null
  and l.id is null
limit $2)
union all
(select 'build_without_job', l.id::text, l.transition
from builds l
left join jobs j on j.id = l.job_id
where l.job_id is not null
  and j.id is null
limit $2)
union all
(select 'build_without_workspace', l.id::text, l.transition
from builds l
left join workspaces w on w.id = l.workspace_id
where w.id is null
limit $2)
union all
(select 'unknown_prebuild_state', b.workspace_id::text, b.state
from prebuilds b
where b.state <> all($3::text[])
limit $2)
union all
(select 'claimed_without_claim', b.workspace_id::text, b.state
from prebuilds b
where b.state = 'claimed'
  and b.claimed_at is null
limit $2)
union all
(select 'unknown_job_status', j.id::text, j.status
from jobs j
where j.status <> all($4::text[])
limit $2)
union all
(select 'unknown_build_word', l.id::text, l.transition || ' ' || l.stage
from builds l
where l.transition <> all($5::text[])
  or l.stage <> all($6::text[])
limit $2)`,
  "long",
);

/** Rows whose other half is missing; there must be none. At most `max` of each kind. */
export async function strayRows(sql: Sql, systemUserId: string, max: number): Promise<StrayRow[]> {
  const words = [ledgerStates, jobStatuses, transitions, buildStages];
  return await sql.query(strayStatement, [systemUserId, max, ...words]);
}
