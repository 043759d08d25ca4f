import type { ServerId } from "../../src/contracts/ids.ts";
import { createPrebuildsController } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import type { Db } from "../../src/db/store.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";

export const poolPolicy = {
  backoffIntervalMs: 60_000,
  backoffLookbackMs: 3_600_000,
  failureHardLimit: 3,
  probeIntervalMs: 600_000,
  inFlightPerPresetMax: 0,
  disabled: false,
} as const;

/** Everything that may hold pools back together is off. */
export const poolLimits = {
  policy: poolPolicy,
  inFlightMax: 0,
  createsPerMinuteMax: 0,
  isQuotaEnabled: false,
} as const;

/** One server for all of them: the lease of a benchmark's reconciler does not keep the next one out. */
const serverId = systemRandom.uuid() as ServerId;

export interface Reconciler {
  /** One cycle. @returns how long it took and how many prebuilds it created. */
  cycle(): Promise<{ readonly elapsedMs: number; readonly creates: number }>;
}

/** The server's reconciler, run by hand, with the limits on builds in flight off. */
export function createReconciler(db: Db, options: { readonly connectionsMax: number }): Reconciler {
  const controller = createPrebuildsController({
    db,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    serverId,
    monotonicMs: () => performance.now(),
    options: {
      ...poolLimits,
      intervalMs: 60_000,
      failedKeptMax: 3,
      prebuildsAllowance: 0,
      ...options,
    },
  });
  const neverStop = new AbortController().signal;
  return {
    cycle: async () => {
      const begun = performance.now();
      const { outcome, fields } = await controller.run(neverStop);
      if (outcome !== "ok" || fields["errors"] !== 0) throw new Error(`A cycle failed: ${JSON.stringify(fields)}`);
      return { elapsedMs: performance.now() - begun, creates: Number(fields["creates"]) };
    },
  };
}
