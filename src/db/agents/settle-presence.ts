import type { AgentId, ServerId, WorkspaceId } from "../../contracts/ids.ts";
import type { AgentState } from "../../contracts/states.ts";
import { followAgents, lockPrebuildsOfAgents } from "../ledger/follow-agents.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** What was found to be so of an agent, against what its row says. */
export type SettledAgent =
  | { readonly kind: "connected"; readonly agentId: AgentId; readonly connectionId: string; readonly since: Date }
  | { readonly kind: "disconnected"; readonly agentId: AgentId; readonly connectionId: string }
  | { readonly kind: "state"; readonly agentId: AgentId; readonly connectionId: string; readonly state: AgentState };

interface ChangedRow {
  readonly workspace_id: WorkspaceId;
}

const connectStatement: Statement<ChangedRow> = statement(
  "presence_connect",
  // Of two connections of an agent the newer one counts, at whichever server each is.
  `update agents a
set server_id = $1, connection_id = h.connection_id, connected_at = h.since, disconnected_at = null
from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as h(agent_id, connection_id, since)
where a.id = h.agent_id
  and a.retired_at is null
  and (a.server_id is null or a.server_id = $1 or coalesce(a.connected_at, '-infinity') <= h.since)
returning a.workspace_id`,
);

const disconnectStatement: Statement<ChangedRow> = statement(
  "presence_disconnect",
  `update agents a
set server_id = null, connection_id = null, disconnected_at = $3
from unnest($1::uuid[], $2::uuid[]) as h(agent_id, connection_id)
where a.id = h.agent_id
  and a.connection_id = h.connection_id
returning a.workspace_id`,
);

const stateStatement: Statement<ChangedRow> = statement(
  "presence_state",
  `update agents a
set state = h.state, ready_at = case when h.state = 'ready' then coalesce(a.ready_at, $4) else a.ready_at end
from unnest($1::uuid[], $2::uuid[], $3::text[]) as h(agent_id, connection_id, state)
where a.id = h.agent_id
  and a.connection_id = h.connection_id
  and a.retired_at is null
returning a.workspace_id`,
);

/**
 * Writes what was found of many agents, and the ledger's rows with them, as `changeAgent` does for one. Each row is
 * changed only while it still says what was found to be wrong.
 * @returns how many rows were changed.
 */
export async function settlePresence(
  tx: Tx,
  serverId: ServerId,
  { agents, now }: { readonly agents: readonly SettledAgent[]; readonly now: Date },
): Promise<number> {
  const agentIds = agents.map(({ agentId }) => agentId);
  await lockPrebuildsOfAgents(tx, agentIds);
  const connected = agents.filter((agent) => agent.kind === "connected");
  const gone = agents.filter((agent) => agent.kind === "disconnected");
  const told = agents.filter((agent) => agent.kind === "state");
  const changed = [
    ...(connected.length === 0
      ? []
      : await tx.query(connectStatement, [serverId, ...pairs(connected), connected.map(({ since }) => since)])),
    ...(gone.length === 0 ? [] : await tx.query(disconnectStatement, [...pairs(gone), now])),
    ...(told.length === 0 ? [] : await tx.query(stateStatement, [...pairs(told), told.map(({ state }) => state), now])),
  ];
  const workspaceIds = [...new Set(changed.map((row) => row.workspace_id))];
  if (workspaceIds.length === 0) return 0;
  await followAgents(tx, workspaceIds, now);
  for (const workspaceId of workspaceIds) tx.emit(`workspace:${workspaceId}`);
  return changed.length;
}

function pairs(agents: readonly SettledAgent[]): readonly [AgentId[], string[]] {
  return [agents.map(({ agentId }) => agentId), agents.map(({ connectionId }) => connectionId)];
}

const ofServersStatement: Statement<{ readonly id: AgentId; readonly connection_id: string }> = statement(
  "presence_of_servers",
  `select id, connection_id
from agents
where server_id = any($1::uuid[])
limit $2`,
);

/** Agents that the table says are connected to one of these servers. */
export async function agentsOfServers(
  sql: Sql,
  serverIds: readonly ServerId[],
  max: number,
): Promise<{ readonly id: AgentId; readonly connection_id: string }[]> {
  return await sql.query(ofServersStatement, [serverIds, max]);
}
