import type { ServerId } from "../contracts/ids.ts";
import { failUnready, type UnreadyRow, unreadyPrebuilds } from "../db/pools/unready-prebuilds.ts";
import type { Db } from "../db/store.ts";
import { readyGraceMs, unreadyText } from "../domain/presence/ready-in-time.ts";
import { keepWatching, type Watch } from "../domain/presence/unbroken-watch.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { PrebuildsSwitch } from "../platform/prebuilds-switch.ts";
import { type Apart, apart } from "./apart.ts";
import type { Controller } from "./controller.ts";
import { createLease } from "./lease.ts";
import { arePrebuildsOff } from "./prebuilds-off.ts";

const intervalMs = 10_000;
/** Runs this far apart are a break: a suspended machine, a database that was away, another server's turn. */
const breakMs = 3 * intervalMs;
/** A pool that fails speaks up with all of its prebuilds at once. */
const restMsMin = 500;
/** Prebuilds that one run judges; the next takes the rest. */
const prebuildsPerRunMax = 200;

export interface UnreadyPrebuildsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  /** How long an agent may be away; also how long it may take to connect, where its manifest does not say. */
  readonly agentLostAfterMs: number;
  readonly prebuildsSwitch: PrebuildsSwitch;
}

/**
 * Makes failed ones of unclaimed prebuilds that do not become ready within their time (spec §2.1, decision 0033): a hook
 * that failed, an agent that does not come. It reads what is so, so that nothing hangs on a word that was heard once;
 * and what could not be heard, because we ourselves were away, takes nothing from anybody's time.
 */
export function createUnreadyPrebuilds(deps: UnreadyPrebuildsDeps): Controller {
  const lease = createLease(deps.db, {
    name: "unready-prebuilds",
    holder: deps.serverId,
    monotonicMs: deps.monotonicMs,
  });
  let watch: Watch | null = null;
  return {
    name: "unready-prebuilds",
    intervalMs,
    topics: ["unready"],
    restMsMin,
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
      const { done, errors } = await judge(deps, new Date(current.sinceMs), now);
      watch = current;
      return { outcome: "ok", fields: { failed: done.length, errors } };
    },
    release: () => lease.release(),
  };
}

async function judge(deps: UnreadyPrebuildsDeps, watchedSince: Date, now: Date): Promise<Apart<UnreadyRow>> {
  const which = {
    watchedSince,
    now,
    connectTimeoutMs: deps.agentLostAfterMs,
    graceMs: readyGraceMs,
    max: prebuildsPerRunMax,
  };
  const unready = await unreadyPrebuilds(deps.db, which);
  const judged = await apart(
    unready.map((row) => row.workspace_id),
    async (only) =>
      await deps.db.transaction("judge prebuilds", async (tx) => {
        // Once more under a lock: an agent may have spoken.
        const rows = await unreadyPrebuilds(tx, { ...which, only });
        if (rows.length > 0) await failUnready(tx, rows.map(verdictOf), now);
        return rows;
      }),
    (workspaceId, error) =>
      deps.logger.error("an unready prebuild could not be judged", { workspaceId, reason: String(error) }),
  );
  for (const row of judged.done) {
    const { workspaceId, because } = verdictOf(row);
    deps.logger.warn("a prebuild did not become ready and counts as failed", { workspaceId, name: row.name, because });
  }
  return judged;
}

function verdictOf(row: UnreadyRow): Parameters<typeof failUnready>[1][number] {
  const { kind, agent, detail, last_line: lastLine, limit_ms: limitMs } = row;
  return {
    workspaceId: row.workspace_id,
    presetId: row.preset_id,
    isFirst: row.is_first,
    because: row.judged ?? unreadyText({ kind, agent, detail, lastLine, limitMs }),
  };
}
