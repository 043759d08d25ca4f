import { createRetention } from "../../src/controllers/retention.ts";
import type { RetentionKeeps } from "../../src/db/retention/retention-keeps.ts";
import { foldPoolTotals } from "../../src/db/pools/pool-totals.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import type { Fixture } from "./fixture.ts";
import { waitUntil } from "./wait-until.ts";

const dayMs = 86_400_000;
const goOn = new AbortController().signal;

/** As the options have it unless said. */
export const usualKeeps: RetentionKeeps = {
  workspacesMs: 30 * dayMs,
  buildsMax: 50,
  versionsMs: 30 * dayMs,
  versionsMax: 5,
  daemonsMs: 90 * dayMs,
  demandMs: 400 * dayMs,
  auditMs: 365 * dayMs,
  backoffLookbackMs: 3_600_000,
};

/** As the refresh of the metrics does all the time: what was asked of the pools is in the sums. */
export async function settleDemand(fx: Fixture): Promise<void> {
  // What is counted is what no transaction that is open anywhere on the PostgreSQL could still come before.
  await waitUntil("the outcomes are settled", async () => {
    await foldPoolTotals(fx.store);
    const [mark] = await fx.rows<{ is_settled: boolean }>(
      "select settled_id >= coalesce((select max(id) from creation_outcomes), 0) as is_settled from pool_totals_mark",
    );
    return mark?.is_settled === true;
  });
}

/** Lets a pruner that has just begun remove all that is due now. @returns the rows that went, by table. */
export async function pruneAll(
  fx: Fixture,
  keeps: Partial<RetentionKeeps> = {},
): Promise<Readonly<Record<string, number>>> {
  await settleDemand(fx);
  const controller = createRetention({
    db: fx.store,
    clock: fx.clock,
    logger: fx.logger,
    serverId: fx.id,
    monotonicMs: () => performance.now(),
    metrics: createMetrics({ namespace: "prewarm" }),
    retention: { ...usualKeeps, ...keeps },
  });
  try {
    for (;;) {
      const { outcome, fields, againAfterMs } = await controller.run(goOn);
      if (outcome === "skipped") throw new Error("Another server holds the lease.");
      if (againAfterMs === undefined) return fields["removedTotal"] as Readonly<Record<string, number>>;
    }
  } finally {
    await controller.release?.();
  }
}
