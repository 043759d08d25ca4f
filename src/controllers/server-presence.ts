import type { AgentId, ServerId } from "../contracts/ids.ts";
import { agentsOfServers, type AgentWord, writeAgentWords } from "../db/agents/agent-words.ts";
import {
  type HeartbeatAnswer,
  type HeldAgent,
  type PresenceDifference,
  serverHeartbeat,
} from "../db/servers/server-heartbeat.ts";
import type { ServerReport } from "../db/servers/server-report.ts";
import { forgetServers, otherServers, removeServer } from "../db/servers/servers.ts";
import type { Db } from "../db/store.ts";
import { type ServerWatch, watchServers } from "../domain/presence/server-watch.ts";
import type { Clock, OffsetClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";

/** How often the database is told which agents are connected here, and compared with that. */
export const presenceIntervalMs = 3_000;
/** A server that was watched in silence for so long is dead, and the agents it held are not connected any more. */
const serverLostMs = 10_000;
/** Heartbeats this far apart are a break: nobody is taken for dead because of our own outage. */
const breakMs = 8_000;
const serverForgetMs = 3_600_000;
/** A heartbeat that takes longer hangs: the others have taken this server for dead by then. */
const heartbeatRunMsMax = 30_000;
/** Agents whose rows are put right in one transaction. */
const agentsPerTransactionMax = 500;
/** Agents of dead servers that one heartbeat takes off; the next takes the rest. */
const strandedPerRunMax = 10_000;

/** The agents that are connected to this server, as it sees them itself. */
export interface AgentConnections {
  held(): readonly HeldAgent[];
  /** Whether it holds this very connection, also one whose beginning is not stored yet. */
  holds(agentId: AgentId, connectionId: string): boolean;
  /** The newest connection of an agent, once its beginning is stored. */
  connectionOf(agentId: AgentId): HeldAgent | undefined;
  /** Tells an agent to pull its claim record. */
  poke(agentId: AgentId): void;
  /** Ends a connection that does not count any more. */
  close(agentId: AgentId, connectionId: string, because: "superseded" | "retired"): void;
}

export interface PresenceDeps {
  readonly db: Db;
  readonly clock: OffsetClock;
  /** This machine's own clock, from which the offset is measured. */
  readonly localClock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  /** Where other servers reach this one. */
  readonly serverUrl: () => string;
  readonly version: string;
  readonly connections: AgentConnections;
  /** What else this server tells of itself. */
  readonly selfReport: () => Pick<ServerReport, "hung" | "hearsNews" | "stateKeyId" | "takesRelayTickets">;
  readonly serverLostMs?: number;
}

/**
 * Says that this server lives, follows the database's clock, and compares the table of agents with the connections
 * that it really holds, both ways: whatever was lost on the way (a connection or a goodbye that could not be written, a
 * verdict of another server that was away itself) is put right by the next heartbeat.
 */
export function createServerPresence(deps: PresenceDeps): Controller {
  let watch: ServerWatch | null = null;
  let agents: ServerReport["agents"] = { held: 0, listed: 0, differSince: null };
  let oldestUnserved: ServerReport["oldestUnserved"] = null;
  async function run(): Promise<Readonly<Record<string, unknown>>> {
    const told = new Map(deps.connections.held().map((held) => [held.agentId, held]));
    const answer = await beat(deps, told, { agents, oldestUnserved, ...deps.selfReport() });
    const listedWrongly = answer.differences.filter(({ kind }) => kind !== "unserved");
    const differSince = listedWrongly.length === 0 ? null : (agents.differSince ?? answer.now.toISOString());
    agents = { held: told.size, listed: answer.listed, differSince };
    oldestUnserved = answer.oldest_unserved;
    const settled = await settle(deps, told, answer.differences);
    const others = await watchOthers(deps, watch, answer.now);
    watch = others.watch;
    const successor = { id: deps.serverId, url: deps.serverUrl(), silentMs: serverLostMs };
    await forgetServers(deps.db, { silentMs: serverForgetMs, successor });
    return {
      offsetMs: Math.round(deps.clock.offsetMs()),
      held: agents.held,
      listed: agents.listed,
      settled,
      stranded: others.stranded,
      unserved: answer.differences.length - listedWrongly.length,
    };
  }
  return {
    name: "server-presence",
    intervalMs: presenceIntervalMs,
    topics: [],
    runMsMax: heartbeatRunMsMax,
    run: async () => {
      try {
        return { outcome: "ok", fields: await run() };
      } catch (error) {
        // While the database was away nobody could be seen: what is known of the others is worth nothing.
        watch = null;
        throw error;
      }
    },
    release: () => removeServer(deps.db, deps.serverId),
  };
}

/** What a heartbeat says is connected here. */
type Told = ReadonlyMap<AgentId, HeldAgent>;

/** One heartbeat, by which this server's clock is set too. */
async function beat(deps: PresenceDeps, told: Told, report: ServerReport): Promise<HeartbeatAnswer> {
  const askedAt = deps.localClock.now().getTime();
  const answer = await serverHeartbeat(deps.db, {
    id: deps.serverId,
    url: deps.serverUrl(),
    version: deps.version,
    report,
    held: [...told.values()],
    now: deps.clock.now(),
  });
  const answeredAt = deps.localClock.now().getTime();
  deps.clock.setOffsetMs(answer.now.getTime() - (askedAt + answeredAt) / 2);
  return answer;
}

/** Puts right what differs, where it still does. @returns how many rows were changed. */
async function settle(deps: PresenceDeps, told: Told, differences: readonly PresenceDifference[]): Promise<number> {
  const wrong: AgentWord[] = [];
  for (const { kind, agentId, connectionId } of differences) {
    // Connections have come and gone since the heartbeat was written; what is so now counts.
    if (deps.connections.holds(agentId, connectionId) === (kind === "unheld")) continue;
    const current = deps.connections.connectionOf(agentId);
    switch (kind) {
      case "unheld":
        wrong.push({ kind: "disconnected", agentId, connectionId });
        break;
      case "unlisted":
        if (current !== undefined)
          wrong.push({ kind: "connected", agentId, serverId: deps.serverId, connectionId, since: current.since });
        break;
      case "state":
        // One that has said something else since was stored meanwhile, and the table is ahead of what was told.
        if (current !== undefined && current.state !== null && current.state === told.get(agentId)?.state)
          wrong.push({ kind: "state", agentId, state: current.state, told: null });
        break;
      case "superseded":
      case "retired":
        deps.connections.close(agentId, connectionId, kind);
        break;
      case "unserved":
        deps.connections.poke(agentId);
        break;
    }
  }
  if (wrong.length === 0) return 0;
  const changed = await settleAll(deps, wrong);
  if (changed > 0)
    deps.logger.warn("the table of agents did not say what is connected here, and was put right", { changed });
  return changed;
}

async function settleAll(deps: PresenceDeps, agents: readonly AgentWord[]): Promise<number> {
  let changed = 0;
  for (let from = 0; from < agents.length; from += agentsPerTransactionMax) {
    const some = agents.slice(from, from + agentsPerTransactionMax);
    const settled = await deps.db.transaction("settle presence", async (tx) =>
      writeAgentWords(tx, some, deps.clock.now()),
    );
    changed += settled.size;
  }
  return changed;
}

/** Takes the agents of servers that died without a goodbye off the claimable ones. */
async function watchOthers(
  deps: PresenceDeps,
  before: ServerWatch | null,
  databaseNow: Date,
): Promise<{ readonly watch: ServerWatch; readonly stranded: number }> {
  const others = await otherServers(deps.db, deps.serverId);
  const seen = others.map(({ id, seen_at: seenAt }) => ({ id, seenAtMs: seenAt?.getTime() ?? null }));
  const limits = { breakMs, lostMs: deps.serverLostMs ?? serverLostMs };
  const { watch, dead } = watchServers(before, seen, { nowMs: databaseNow.getTime(), limits });
  if (dead.length === 0) return { watch, stranded: 0 };
  // The ids came from the same rows as branded ones.
  const lost = await agentsOfServers(deps.db, dead as readonly ServerId[], strandedPerRunMax);
  const stranded = await settleAll(
    deps,
    lost.map((agent) => ({ kind: "disconnected", agentId: agent.id, connectionId: agent.connection_id })),
  );
  if (stranded > 0) deps.logger.warn("agents of a lost server are disconnected", { count: stranded });
  return { watch, stranded };
}
