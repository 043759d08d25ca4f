import type { ServerId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import { noticeDaemons, noticeLongPause } from "../../db/notifications/notice-changes.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Controller } from "../controller.ts";
import { createLease } from "../lease.ts";

const intervalMs = 15_000;
const daemonsPerRunMax = 100;

export interface WatchDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  /** An external daemon that was not heard of for so long is lost. */
  readonly daemonLostAfterMs: number;
  /** A pause that lasts so long is told. */
  readonly pausedAfterMs: number;
}

/** Notices what no transaction makes, because it is time that passes: lost daemons, and a pause that goes on. */
export function createWatch(deps: WatchDeps): Controller {
  const lease = createLease(deps.db, { name: "watch", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  return {
    name: "watch",
    intervalMs,
    topics: [],
    run: async () => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const now = deps.clock.now();
      const before = (ms: number): Date => new Date(now.getTime() - ms);
      const seen = await deps.db.transaction("watch daemons", async (tx) =>
        noticeDaemons(tx, { seenBefore: before(deps.daemonLostAfterMs), max: daemonsPerRunMax, now }),
      );
      const isPauseTold = await deps.db.transaction("watch pause", async (tx) =>
        noticeLongPause(tx, before(deps.pausedAfterMs), now),
      );
      return { outcome: "ok", fields: { ...seen, isPauseTold } };
    },
    release: () => lease.release(),
  };
}
