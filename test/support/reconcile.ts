import type { Controller } from "../../src/controllers/controller.ts";
import { type CycleStats, createPrebuildsController } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import type { PrebuildsDeps } from "../../src/controllers/prebuilds/prebuilds-deps.ts";
import type { ServerId } from "../../src/contracts/ids.ts";
import type { PoolPolicy } from "../../src/domain/pool/pool-snapshot.ts";
import type { Clock } from "../../src/platform/clock.ts";
import type { Random } from "../../src/platform/random.ts";
import type { TestServer } from "./server.ts";

/** What is not said is as the server's own options say. */
export interface ReconcilerOptions {
  readonly policy?: Partial<Omit<PoolPolicy, "paused">>;
  readonly inFlightMax?: number;
  readonly createsPerMinuteMax?: number;
  readonly failedKeptMax?: number;
  readonly prebuildsAllowance?: number;
  /** Who holds the lease; two reconcilers of one holder act at once, as if there were no lease. */
  readonly holder?: ServerId;
  readonly clock?: Clock;
  readonly random?: Random;
}

export function reconcilerDeps(server: TestServer, options: ReconcilerOptions = {}): PrebuildsDeps {
  const { context } = server;
  const limits = context.options.poolLimits;
  return {
    db: server.store,
    clock: options.clock ?? context.clock,
    random: options.random ?? context.random,
    logger: context.logger,
    serverId: options.holder ?? server.id,
    monotonicMs: context.monotonicMs,
    options: {
      intervalMs: 60_000,
      policy: { ...limits.policy, ...options.policy },
      inFlightMax: options.inFlightMax ?? limits.inFlightMax,
      createsPerMinuteMax: options.createsPerMinuteMax ?? limits.createsPerMinuteMax,
      failedKeptMax: options.failedKeptMax ?? 10,
      connectionsMax: server.connectionsMax,
      isQuotaEnabled: limits.isQuotaEnabled,
      prebuildsAllowance: options.prebuildsAllowance ?? 0,
    },
  };
}

export function createReconciler(server: TestServer, options: ReconcilerOptions = {}): Controller {
  return createPrebuildsController(reconcilerDeps(server, options));
}

const goOn = new AbortController().signal;

/** One cycle of a reconciler; undefined when another holds the lease. */
export async function runCycle(reconciler: Controller): Promise<CycleStats | undefined> {
  const report = await reconciler.run(goOn);
  // The fields of this controller's reports are its stats.
  return report.outcome === "skipped" ? undefined : (report.fields as unknown as CycleStats);
}

/** One cycle of a reconciler of this server. */
export async function reconcile(server: TestServer, options: ReconcilerOptions = {}): Promise<CycleStats> {
  const stats = await runCycle(createReconciler(server, options));
  if (stats === undefined) throw new Error("another reconciler holds the lease");
  return stats;
}

/** So many cycles in a row of one reconciler. @returns the stats of each. */
export async function reconcileTimes(
  server: TestServer,
  times: number,
  options: ReconcilerOptions = {},
): Promise<CycleStats[]> {
  const reconciler = createReconciler(server, options);
  const stats: CycleStats[] = [];
  for (let cycle = 0; cycle < times; cycle += 1) {
    const one = await runCycle(reconciler);
    if (one === undefined) throw new Error("another reconciler holds the lease");
    stats.push(one);
  }
  return stats;
}
