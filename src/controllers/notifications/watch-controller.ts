import type { ServerId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import { noticeDaemons, noticeLongPause } from "../../db/notifications/notice-changes.ts";
import { hasWatched, keepWatching, type Watch } from "../../domain/presence/unbroken-watch.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Controller } from "../controller.ts";
import { createLease } from "../lease.ts";

const intervalMs = 15_000;
const daemonsPerRunMax = 100;
/** Runs this far apart are a break, in which no daemon could have been heard. */
const breakMs = 3 * intervalMs;
/** After a break daemons are given so long to be heard again; one that is idle calls every half minute. */
const outageGraceMs = 60_000;

export interface WatchDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  /** An external daemon that was not heard of for so long is lost. */
  readonly daemonLostAfterMs: number;
  /** A pause that lasts so long is told. */
  readonly pausedAfterMs: number;
  readonly outageGraceMs?: number;
}

/** Notices what no transaction makes, because it is time that passes: lost daemons, and a pause that goes on. */
export function createWatch(deps: WatchDeps): Controller {
  const lease = createLease(deps.db, { name: "watch", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let watch: Watch | null = null;
  return {
    name: "watch",
    intervalMs,
    topics: [],
    run: async () => {
      const watched = watch;
      // Forgotten unless this run comes to its end: a database that is away is a break, too.
      watch = null;
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const now = deps.clock.now();
      const before = (ms: number): Date => new Date(now.getTime() - ms);
      const current = keepWatching(watched, now.getTime(), breakMs);
      const seen = hasWatched(current, deps.outageGraceMs ?? outageGraceMs)
        ? await deps.db.transaction("watch daemons", async (tx) =>
            noticeDaemons(tx, { seenBefore: before(deps.daemonLostAfterMs), max: daemonsPerRunMax, now }),
          )
        : { lost: 0, back: 0 };
      watch = current;
      const isPauseTold = await deps.db.transaction("watch pause", async (tx) =>
        noticeLongPause(tx, before(deps.pausedAfterMs), now),
      );
      return { outcome: "ok", fields: { ...seen, isPauseTold } };
    },
    release: () => lease.release(),
  };
}
