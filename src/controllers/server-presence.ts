import type { ServerId } from "../contracts/ids.ts";
import { changeAgent, strandedAgents } from "../db/agents/agents.ts";
import { forgetServers, removeServer, serverHeartbeat } from "../db/servers/leases.ts";
import type { Db } from "../db/store.ts";
import type { Clock, OffsetClock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";

const intervalMs = 3_000;
/** A server that has been silent for so long is gone, and the agents it held are not connected any more. */
const serverLostMs = 10_000;
const serverForgetMs = 3_600_000;
const agentsPerRunMax = 500;

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
}

/**
 * Says that this server lives, follows the database's clock, and takes the agents of servers that died without a
 * goodbye off the claimable ones.
 */
export function createServerPresence(deps: PresenceDeps): Controller {
  return {
    name: "server-presence",
    intervalMs,
    topics: [],
    run: async () => {
      const askedAt = deps.localClock.now().getTime();
      const databaseNow = await serverHeartbeat(deps.db, {
        id: deps.serverId,
        url: deps.serverUrl(),
        version: deps.version,
      });
      const answeredAt = deps.localClock.now().getTime();
      deps.clock.setOffsetMs(databaseNow.getTime() - (askedAt + answeredAt) / 2);
      const stranded = await strandedAgents(deps.db, new Date(databaseNow.getTime() - serverLostMs), agentsPerRunMax);
      for (const agent of stranded) {
        await deps.db.transaction("agent stranded", async (tx) =>
          changeAgent(tx, agent.id, { kind: "disconnected", connectionId: agent.connection_id }, deps.clock.now()),
        );
      }
      if (stranded.length > 0) deps.logger.warn("agents of a lost server are disconnected", { count: stranded.length });
      await forgetServers(deps.db, serverForgetMs);
      return { outcome: "ok", fields: { offsetMs: Math.round(deps.clock.offsetMs()), stranded: stranded.length } };
    },
    release: () => removeServer(deps.db, deps.serverId),
  };
}
