import type { AgentId, PresetId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { ledgerMove } from "./ledger-writes.ts";

const lockStatement: Statement<object> = statement(
  "ledger_lock_agents",
  // In one order, so that two transactions that change agents of the same prebuilds never deadlock.
  `select b.workspace_id
from prebuilds b
where b.workspace_id in (select workspace_id from agents where id = any($1::uuid[]))
  and b.state in ('building', 'starting', 'ready')
order by b.workspace_id
for update of b`,
);

/** Locks the prebuilds of these agents, before the agents are changed. @returns whether there are any. */
export async function lockPrebuildsOfAgents(tx: Tx, agentIds: readonly AgentId[]): Promise<boolean> {
  return (await tx.query(lockStatement, [agentIds])).length > 0;
}

/**
 * SQL that settles the result of a first build that has ended and was not judged yet: its prebuild is ready. A build that
 * only ended well says nothing of the template: one whose prebuilds never get ready would be healthy for ever.
 */
export function firstBuildSucceeded(isReady: string, at: string): readonly string[] {
  const settles = `${isReady} and b.first_build_result is null`;
  return [
    `first_build_result = case when ${settles} then 'succeeded' else b.first_build_result end`,
    `first_build_completed_at = case when ${settles} then ${at} else b.first_build_completed_at end`,
  ];
}

const followStatement: Statement<{ readonly preset_id: PresetId }> = statement(
  "ledger_follow_agents",
  ledgerMove({
    name: "ledger_follow_agents",
    steps: { starting: ["ready"], ready: ["starting"] },
    state: "s.state",
    set: [
      "ready_at = case when s.state = 'ready' then coalesce(b.ready_at, $2) else b.ready_at end",
      ...firstBuildSucceeded("s.state = 'ready'", "$2"),
    ],
    source: `(
  select a.workspace_id,
    case when bool_and(a.state = 'ready' and a.server_id is not null) then 'ready' else 'starting' end as state
  from agents a
  where a.workspace_id = any($1::uuid[])
    and a.retired_at is null
  group by a.workspace_id) s`,
    where: "b.workspace_id = s.workspace_id and b.state <> s.state",
    returning: "b.preset_id",
  }),
);

/**
 * Makes the ledger follow the agents of these workspaces, in the transaction that changed them: a prebuild is `ready`
 * exactly while every agent of it is ready *and connected*, so one whose agent died stops being claimable at once.
 */
export async function followAgents(tx: Tx, workspaceIds: readonly WorkspaceId[], now: Date): Promise<void> {
  const pools = new Set((await tx.query(followStatement, [workspaceIds, now])).map((row) => row.preset_id));
  if (pools.size > 0) tx.emit("pools");
  for (const presetId of pools) tx.emit(`pool:${presetId}`);
}
