import type { AgentId, ServerId, WorkspaceId } from "../../contracts/ids.ts";
import type { AppHealth } from "../../contracts/app-health.ts";
import type { AgentState } from "../../contracts/states.ts";
import { followAgents, lockPrebuildsOfAgents } from "../ledger/follow-agents.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** By the app's name. */
export type ToldHealth = Readonly<Record<string, { readonly health: AppHealth; readonly detail: string }>>;

/** What is so of an agent: it said it, or a server sees it. */
export type AgentWord =
  | {
      readonly kind: "connected";
      readonly agentId: AgentId;
      readonly serverId: ServerId;
      readonly connectionId: string;
      /**
       * When the connection began, by the database's clock: of two connections of an agent the newer one counts. Null: now,
       * and it is the newest.
       */
      readonly since: Date | null;
    }
  | { readonly kind: "disconnected"; readonly agentId: AgentId; readonly connectionId: string }
  | {
      readonly kind: "state";
      readonly agentId: AgentId;
      readonly state: AgentState;
      /** Null: what is known already stays. */
      readonly told: { readonly detail: string; readonly version: string } | null;
    }
  | { readonly kind: "apps"; readonly agentId: AgentId; readonly health: ToldHealth };

type Kind = AgentWord["kind"];
type Of<K extends Kind> = Extract<AgentWord, { readonly kind: K }>;

interface ChangedRow {
  readonly id: AgentId;
  readonly workspace_id: WorkspaceId;
}

interface ConnectedRow extends ChangedRow {
  readonly connected_at: Date;
}

const connectStatement: Statement<ConnectedRow> = statement(
  "agents_connect",
  // By the clock of the database alone: that of a server may be wrong for a while, and a connection that was dated into
  // the future would count for the newest until then.
  `update agents a
set server_id = h.server_id, connection_id = h.connection_id, disconnected_at = null,
  connected_at = coalesce(h.since, clock_timestamp())
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) as h(agent_id, server_id, connection_id, since)
where a.id = h.agent_id
  and a.retired_at is null
  and (a.server_id is null
    or a.server_id = h.server_id
    or h.since is null
    or coalesce(a.connected_at, '-infinity') <= h.since)
returning a.id, a.workspace_id, a.connected_at`,
);

const disconnectStatement: Statement<ChangedRow> = statement(
  "agents_disconnect",
  // By connection: a late goodbye of an old connection says nothing about the new one.
  `update agents a
set server_id = null, connection_id = null, disconnected_at = $3
from unnest($1::uuid[], $2::uuid[]) as h(agent_id, connection_id)
where a.id = h.agent_id
  and a.connection_id = h.connection_id
returning a.id, a.workspace_id`,
);

const stateStatement: Statement<ChangedRow> = statement(
  "agents_state",
  `update agents a
set state = h.state, detail = coalesce(h.detail, a.detail), version = coalesce(h.version, a.version),
  ready_at = case when h.state = 'ready' then coalesce(a.ready_at, $5) else a.ready_at end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as h(agent_id, state, detail, version)
where a.id = h.agent_id
  and a.retired_at is null
returning a.id, a.workspace_id`,
);

const healthStatement: Statement<ChangedRow> = statement(
  "agents_app_health",
  // A level: with each connection it is told anew, and mostly it is what is known.
  `update agents a
set app_health = h.health
from unnest($1::uuid[], $2::jsonb[]) as h(agent_id, health)
where a.id = h.agent_id
  and a.retired_at is null
  and a.app_health is distinct from h.health
returning a.id, a.workspace_id`,
);

/**
 * Writes what is so of agents, and the ledger's rows in the same transaction. Of several words of one kind about one
 * agent the last one counts. Each row is changed only where the word still says something of it.
 * @returns the agents whose row was changed: a retired one is not among them, nor one whose word was of an old
 * connection. With when the connection began of each that connected.
 */
export async function writeAgentWords(
  tx: Tx,
  words: readonly AgentWord[],
  now: Date,
): Promise<ReadonlyMap<AgentId, Date | null>> {
  // How their apps are makes no prebuild ready, and none unready (decision 0058).
  const moving = words.filter(({ kind }) => kind !== "apps");
  const hasPrebuilds =
    moving.length > 0 && (await lockPrebuildsOfAgents(tx, [...new Set(moving.map(({ agentId }) => agentId))]));
  const connected = await connect(tx, words);
  const changed = [...connected, ...(await disconnect(tx, words, now)), ...(await tell(tx, words, now))];
  const workspaceIds = [...new Set(changed.map((row) => row.workspace_id))];
  if (hasPrebuilds && workspaceIds.length > 0) await followAgents(tx, workspaceIds, now);
  const unwell = await tellHealth(tx, words);
  for (const workspaceId of new Set([...workspaceIds, ...unwell.map((row) => row.workspace_id)]))
    tx.emit(`workspace:${workspaceId}`);
  if (hasPrebuilds && words.some(saysFailed)) tx.emit("unready");
  const began = new Map(connected.map((row) => [row.id, row.connected_at]));
  return new Map(changed.map(({ id }) => [id, began.get(id) ?? null]));
}

const saysFailed = (word: AgentWord): boolean =>
  word.kind === "state" && (word.state === "start_error" || word.state === "start_timeout");

/** The last word of each agent, of one kind. */
function lastOf<K extends Kind>(words: readonly AgentWord[], kind: K): readonly Of<K>[] {
  // The kind was compared in the same expression.
  const ofKind = words.filter((word) => word.kind === kind) as Of<K>[];
  return [...new Map(ofKind.map((word) => [word.agentId, word])).values()];
}

async function connect(tx: Tx, words: readonly AgentWord[]): Promise<readonly ConnectedRow[]> {
  const connected = lastOf(words, "connected");
  if (connected.length === 0) return [];
  return await tx.query(connectStatement, [
    connected.map(({ agentId }) => agentId),
    connected.map(({ serverId }) => serverId),
    connected.map(({ connectionId }) => connectionId),
    connected.map(({ since }) => since),
  ]);
}

async function disconnect(tx: Tx, words: readonly AgentWord[], now: Date): Promise<readonly ChangedRow[]> {
  // Each names its own connection, so that none stands for another.
  const gone = words.filter((word) => word.kind === "disconnected");
  if (gone.length === 0) return [];
  return await tx.query(disconnectStatement, [
    gone.map(({ agentId }) => agentId),
    gone.map(({ connectionId }) => connectionId),
    now,
  ]);
}

async function tell(tx: Tx, words: readonly AgentWord[], now: Date): Promise<readonly ChangedRow[]> {
  const told = lastOf(words, "state");
  if (told.length === 0) return [];
  return await tx.query(stateStatement, [
    told.map(({ agentId }) => agentId),
    told.map(({ state }) => state),
    told.map((word) => word.told?.detail ?? null),
    told.map((word) => word.told?.version ?? null),
    now,
  ]);
}

async function tellHealth(tx: Tx, words: readonly AgentWord[]): Promise<readonly ChangedRow[]> {
  const told = lastOf(words, "apps");
  if (told.length === 0) return [];
  return await tx.query(healthStatement, [
    told.map(({ agentId }) => agentId),
    told.map(({ health }) => JSON.stringify(health)),
  ]);
}

const ofServersStatement: Statement<{ readonly id: AgentId; readonly connection_id: string }> = statement(
  "agents_of_servers",
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
