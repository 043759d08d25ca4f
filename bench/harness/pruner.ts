import { createRetention } from "../../src/controllers/retention.ts";
import type { ServerId } from "../../src/contracts/ids.ts";
import type { Db } from "../../src/db/store.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { serverOptions } from "../../src/platform/config/server-options.ts";
import { loadConfig } from "../../src/platform/config/load-config.ts";
import { retentionKeeps } from "../../src/main/configured-parts.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { createMetrics } from "../../src/platform/metrics/metrics.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { sleep } from "../../src/platform/sleep.ts";

/** Lets the server's pruner work for a while, as the server drives it. @returns the rows that went, by table. */
export async function pruneFor(
  db: Db,
  forMs: number,
): Promise<{ readonly removed: Readonly<Record<string, number>>; readonly elapsedMs: number }> {
  const controller = createRetention({
    db,
    clock: systemClock,
    logger: silentLogger,
    serverId: systemRandom.uuid() as ServerId,
    monotonicMs: () => performance.now(),
    metrics: createMetrics({ namespace: "prewarm" }),
    retention: retentionKeeps(loadConfig(serverOptions, { flags: new Map(), env: {} }).values),
  });
  const begun = performance.now();
  const stopping = new AbortController();
  const timer = setTimeout(() => stopping.abort(), forMs);
  let removed: Readonly<Record<string, number>> = {};
  try {
    while (!stopping.signal.aborted) {
      const { fields, againAfterMs } = await controller.run(stopping.signal);
      removed = fields["removedTotal"] as Readonly<Record<string, number>>;
      if (againAfterMs === undefined) break;
      await sleep(againAfterMs, stopping.signal);
    }
  } finally {
    clearTimeout(timer);
    await controller.release?.();
  }
  return { removed, elapsedMs: performance.now() - begun };
}
