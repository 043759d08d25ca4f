import { expect, test } from "vitest";
import type { Controller, RunReport } from "../../../src/controllers/controller.ts";
import { observeController } from "../../../src/controllers/observed-controller.ts";
import { systemClock } from "../../../src/platform/clock.ts";
import { createMetrics } from "../../../src/platform/metrics/metrics.ts";
import { parseSeries } from "../../support/metrics.ts";

const cycles = "prewarm_prebuilds_reconciliation_duration_seconds_count";

async function seriesAfter(name: string, run: () => Promise<RunReport>): Promise<ReadonlyMap<string, number>> {
  const metrics = createMetrics({ namespace: "prewarm" });
  const controller: Controller = { name, intervalMs: 1_000, topics: [], run };
  const deps = { metrics, clock: systemClock, monotonicMs: () => performance.now(), lastSuccesses: new Map() };
  await observeController(controller, deps)
    .run(new AbortController().signal)
    .catch(() => undefined);
  return parseSeries((await metrics.scrape()).toString());
}

test("a reconciler's cycle is observed as one; a skipped or failed one, and another controller's run, are not", async () => {
  const done = (): Promise<RunReport> => Promise.resolve({ outcome: "ok", fields: {} });
  const observed = await seriesAfter("prebuilds", done);
  expect(observed.get(cycles)).toBe(1);
  expect(observed.get('prewarm_controller_run_duration_seconds_count{controller="prebuilds",outcome="ok"}')).toBe(1);
  expect((await seriesAfter("retention", done)).get(cycles) ?? 0).toBe(0);
  const skipped = (): Promise<RunReport> => Promise.resolve({ outcome: "skipped", fields: {} });
  expect((await seriesAfter("prebuilds", skipped)).get(cycles) ?? 0).toBe(0);
  const failed = await seriesAfter("prebuilds", () => Promise.reject(new Error("no")));
  expect(failed.get(cycles) ?? 0).toBe(0);
  expect(failed.get('prewarm_controller_run_duration_seconds_count{controller="prebuilds",outcome="error"}')).toBe(1);
});
