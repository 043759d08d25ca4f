import type { ServerId, WorkspaceId } from "../contracts/ids.ts";
import { prebuildsUserId } from "../contracts/system-ids.ts";
import { recordAudit } from "../db/audit/audit.ts";
import { type LostRow, lostPrebuilds } from "../db/pools/lost-prebuilds.ts";
import type { Db, Tx } from "../db/store.ts";
import { deletePrebuilds } from "../db/pools/pool-deletes.ts";
import { keepWatching, lostSince, type Watch } from "../domain/presence/unbroken-watch.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { PrebuildsSwitch } from "../platform/prebuilds-switch.ts";
import { apart } from "./apart.ts";
import type { Controller } from "./controller.ts";
import { createLease } from "./lease.ts";
import { arePrebuildsOff } from "./prebuilds-off.ts";

const intervalMs = 10_000;
/** Runs this far apart are a break: a suspended machine, a database that was away, another server's turn. */
const breakMs = 3 * intervalMs;
/** Prebuilds that one run replaces; the next takes the rest. */
const prebuildsPerRunMax = 200;

export interface LostAgentsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  /** How long an agent may be away before its prebuild is replaced. */
  readonly agentLostAfterMs: number;
  readonly prebuildsSwitch: PrebuildsSwitch;
}

/**
 * Replaces unclaimed prebuilds whose agent went away and did not come back (decision 0017): they are deleted like any
 * other prebuild, and their pool, which hears of it, makes others. A person's workspace is never touched.
 */
export function createLostAgents(deps: LostAgentsDeps): Controller {
  const lease = createLease(deps.db, { name: "lost-agents", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let watch: Watch | null = null;
  return {
    name: "lost-agents",
    intervalMs,
    topics: [],
    run: async () => {
      const watched = watch;
      // Forgotten unless this run comes to its end: a database that is away is a break, too.
      watch = null;
      // Switched off, prebuilds stay as they are; time counts anew when they are on again.
      if ((await arePrebuildsOff(deps.db, deps.prebuildsSwitch)) || !(await lease.hold())) {
        return { outcome: "skipped", fields: {} };
      }
      const now = deps.clock.now();
      const current = keepWatching(watched, now.getTime(), breakMs);
      const since = lostSince(current, deps.agentLostAfterMs);
      if (since === null) {
        watch = current;
        return { outcome: "ok", fields: { replaced: 0, errors: 0 } };
      }
      const lost = await lostPrebuilds(deps.db, { since: new Date(since), max: prebuildsPerRunMax });
      const { done: replaced, errors } = await apart(
        lost.map((row) => row.workspace_id),
        async (only) =>
          await deps.db.transaction("replace lost prebuilds", async (tx) =>
            replaceLost(tx, { since: new Date(since), only }, now),
          ),
        (workspaceId, error) =>
          deps.logger.error("a lost prebuild could not be replaced", { workspaceId, reason: String(error) }),
      );
      watch = current;
      for (const row of replaced) {
        deps.logger.warn("the agent of a prebuild went away and did not come back; the prebuild is replaced", {
          workspaceId: row.workspace_id,
          agent: row.agent,
          disconnectedAt: row.disconnected_at.toISOString(),
        });
      }
      return { outcome: "ok", fields: { replaced: replaced.length, errors } };
    },
    release: () => lease.release(),
  };
}

/** Once more in the transaction, under a lock: an agent may have come back. */
async function replaceLost(
  tx: Tx,
  which: { readonly since: Date; readonly only: readonly WorkspaceId[] },
  now: Date,
): Promise<readonly LostRow[]> {
  const lost = await lostPrebuilds(tx, { ...which, max: prebuildsPerRunMax });
  if (lost.length === 0) return [];
  const deleted = await deletePrebuilds(tx, {
    targets: lost.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
    from: ["starting"],
    because: "agent_lost",
    initiatorId: prebuildsUserId,
    now,
  });
  if (deleted.length === 0) return [];
  tx.emit("jobs");
  tx.emit("pools");
  const replaced = lost.filter((row) => deleted.includes(row.workspace_id));
  for (const row of replaced) {
    await recordAudit(tx, {
      at: now,
      actorId: null,
      organizationId: row.organization_id,
      action: "prebuild.agent_lost",
      targetId: row.workspace_id,
      targetName: row.name,
      detail: { agent: row.agent, disconnectedAt: row.disconnected_at.toISOString() },
    });
  }
  return replaced;
}
