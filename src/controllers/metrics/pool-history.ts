import type { ServerId } from "../../contracts/ids.ts";
import { type DeploymentLimits, loadDeployment } from "../../db/pools/load-deployment.ts";
import {
  poolsSampledSince,
  type SampledPool,
  type SampleInstants,
  writePoolSamples,
} from "../../db/pools/pool-samples.ts";
import type { Db } from "../../db/store.ts";
import { planDeployment } from "../../domain/pool/plan-deployment.ts";
import { historyWidths, samplePools } from "../../domain/pool/pool-history.ts";
import type { Clock } from "../../platform/clock.ts";
import { inTurns } from "../../platform/in-turns.ts";
import type { Controller } from "../controller.ts";
import { createLease } from "../lease.ts";

/** Often enough that no minute is left out by a run that was late. */
const intervalMs = 15_000;
const minuteMs = 60_000;

export interface PoolHistoryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly limits: DeploymentLimits;
}

/**
 * Keeps what the pools were like, once a minute: the same load and plan as the reconciler's, so that what a chart shows
 * as held is what was held. One server writes; two at once would store each minute once all the same.
 */
export function createPoolHistory(deps: PoolHistoryDeps): Controller {
  const lease = createLease(deps.db, { name: "pool_history", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let writtenMs = Number.NEGATIVE_INFINITY;
  /** What was stored last; null: not known yet, as another may have written meanwhile. */
  let known: ReadonlyMap<string, SampledPool> | null = null;
  return {
    name: "pool_history",
    intervalMs,
    topics: [],
    run: async () => {
      if (!(await lease.hold())) {
        known = null;
        return { outcome: "skipped", fields: {} };
      }
      const at = instantsOf(deps.clock.now());
      if (at.minute.getTime() === writtenMs) return { outcome: "ok", fields: { pools: known?.size ?? 0, rows: 0 } };
      const samples = await sampled(deps);
      const before = known ?? byName(await poolsSampledSince(deps.db, at.coarsePeriod));
      const now = byName(samples);
      const gone = [...before].filter(([name]) => !now.has(name)).map(([, pool]) => pool);
      const rows = await writePoolSamples(deps.db, at, { samples, gone });
      known = now;
      writtenMs = at.minute.getTime();
      return { outcome: "ok", fields: { pools: samples.length, rows } };
    },
    release: () => lease.release(),
  };
}

async function sampled({ db, clock, limits }: PoolHistoryDeps): Promise<ReturnType<typeof samplePools>> {
  const { snapshot } = await db.snapshot("pool history", (sql) => loadDeployment(sql, { limits, now: clock.now() }));
  return samplePools(await inTurns(planDeployment(snapshot)));
}

function byName(pools: readonly SampledPool[]): ReadonlyMap<string, SampledPool> {
  return new Map(pools.map((pool) => [`${pool.templateId}/${pool.presetName}`, pool]));
}

function instantsOf(now: Date): SampleInstants {
  const down = (widthMs: number): Date => new Date(Math.floor(now.getTime() / widthMs) * widthMs);
  const { fine, coarse } = historyWidths;
  return {
    minute: down(fine.minutes * minuteMs),
    quarter: down(coarse.minutes * minuteMs),
    finePeriod: down(fine.periodMs),
    coarsePeriod: down(coarse.periodMs),
  };
}
