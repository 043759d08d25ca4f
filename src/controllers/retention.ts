import type { ServerId } from "../contracts/ids.ts";
import type { RetentionKeeps } from "../db/retention/retention-keeps.ts";
import { addRemoved, type Cursor, type RetentionRule } from "../db/retention/retention-rule.ts";
import { retentionRules } from "../db/retention/retention-rules.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Metrics } from "../platform/metrics/metrics.ts";
import { sleep } from "../platform/sleep.ts";
import type { Controller } from "./controller.ts";
import { createLease, type Lease } from "./lease.ts";

/** Mostly nothing is due, and a run asks for its lease alone. After a failure the next run is the retry. */
const intervalMs = 10_000;
/** One run of one rule; the next run goes on. */
const ruleMsMax = 2_000;
/** With something left to do, the next run comes soon. */
const againAfterMs = 1_000;
/** A rule that has been behind for longer cannot keep up, or has just begun on years of history. */
const behindMs = 3_600_000;

export interface RetentionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly metrics: Metrics;
  readonly retention: RetentionKeeps;
  /** All of them, unless said. */
  readonly rules?: readonly RetentionRule[];
}

interface Walk {
  readonly rule: RetentionRule;
  cursor: Cursor;
  /** When the walk began that is under way; null: there is none. */
  beganAt: number | null;
  endedAt: number | null;
  lagMs: number;
}

/**
 * Removes what is beyond its bound, a page at a time, and rests after each as long as it took: at most half of one
 * connection. Several servers at once would do no harm; the lease is there so that they do not do it twice.
 */
export function createRetention(deps: RetentionDeps): Controller {
  const { clock, logger, metrics } = deps;
  const lease = createLease(deps.db, { name: "retention", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  const walks = (deps.rules ?? retentionRules).map(
    (rule): Walk => ({ rule, cursor: null, beganAt: null, endedAt: null, lagMs: 0 }),
  );
  let removedTotal: Readonly<Record<string, number>> = {};
  let behind: readonly string[] = [];
  const endMetrics = [
    metrics.gauge("retention_rows_removed_total", () =>
      Object.entries(removedTotal).map(([table, value]) => ({ labels: { table }, value })),
    ),
    metrics.gauge("retention_lag_seconds", () =>
      walks.map(({ rule, lagMs }) => ({ labels: { rule: rule.name }, value: lagMs / 1_000 })),
    ),
  ];

  function sayWhoIsBehind(): void {
    const now = walks.filter(({ lagMs }) => lagMs > behindMs).map(({ rule }) => rule.name);
    const isNews = now.some((name) => !behind.includes(name));
    const hasCaughtUp = behind.length > 0 && now.length === 0;
    behind = now;
    if (isNews) {
      logger.warn("history is not removed as fast as it is due", { behind: lagsOf(walks) });
    } else if (hasCaughtUp) {
      logger.info("history is removed in time again");
    }
  }

  return {
    name: "retention",
    intervalMs,
    topics: [],
    run: async (shouldStop) => {
      if (!(await lease.hold())) {
        for (const walk of walks) walk.lagMs = 0;
        return { outcome: "skipped", fields: {} };
      }
      let removed: Readonly<Record<string, number>> = {};
      for (const walk of walks) {
        if (walk.beganAt === null && !isDue(walk, clock.now().getTime())) continue;
        removed = addRemoved(removed, await goOn(walk, { ...deps, lease, shouldStop }));
        if (shouldStop.aborted) break;
      }
      removedTotal = addRemoved(removedTotal, removed);
      sayWhoIsBehind();
      const isUnderWay = walks.some(({ beganAt }) => beganAt !== null);
      return {
        outcome: "ok",
        fields: {
          removed: withoutZeros(removed),
          removedTotal: withoutZeros(removedTotal),
          lagSeconds: lagsOf(walks),
          behind,
        },
        ...(isUnderWay ? { againAfterMs } : {}),
      };
    },
    release: async () => {
      for (const end of endMetrics) end();
      await lease.release();
    },
  };
}

function isDue({ rule, endedAt }: Walk, now: number): boolean {
  return endedAt === null || now - endedAt >= rule.everyMs;
}

interface Going extends RetentionDeps {
  readonly lease: Lease;
  readonly shouldStop: AbortSignal;
}

/** Steps of one walk, to its end or until its time in this run is over. */
async function goOn(walk: Walk, deps: Going): Promise<Readonly<Record<string, number>>> {
  const { db, clock, monotonicMs, lease, shouldStop, retention: keeps } = deps;
  const begun = monotonicMs();
  walk.beganAt ??= begun;
  let removed: Readonly<Record<string, number>> = {};
  while (!shouldStop.aborted && monotonicMs() - begun < ruleMsMax && (await lease.hold())) {
    const stepBegun = monotonicMs();
    const done = await walk.rule.step({ sql: db, now: clock.now(), keeps, cursor: walk.cursor });
    removed = addRemoved(removed, done.removed);
    if (done.next === null) {
      Object.assign(walk, {
        cursor: done.beginsAt ?? null,
        beganAt: null,
        endedAt: clock.now().getTime(),
        lagMs: 0,
      } satisfies Partial<Walk>);
      return removed;
    }
    walk.cursor = done.next;
    walk.lagMs = done.lagMs ?? monotonicMs() - walk.beganAt;
    await sleep(monotonicMs() - stepBegun, shouldStop);
  }
  return removed;
}

function lagsOf(walks: readonly Walk[]): Readonly<Record<string, number>> {
  return withoutZeros(Object.fromEntries(walks.map(({ rule, lagMs }) => [rule.name, Math.round(lagMs / 1_000)])));
}

function withoutZeros(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
