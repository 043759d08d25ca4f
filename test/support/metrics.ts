import { expect } from "vitest";
import type { Controller } from "../../src/controllers/controller.ts";
import { createMetricsRefresh } from "../../src/controllers/metrics/metrics-refresh.ts";
import { createMetrics, type Metrics } from "../../src/platform/metrics/metrics.ts";
import type { Fixture } from "./fixture.ts";
import { testPolicy, type TestServer } from "./server.ts";
import { waitUntil } from "./wait-until.ts";

const goOn = new AbortController().signal;

export interface MeasuredServer {
  readonly metrics: Metrics;
  readonly refresh: Controller;
  /** Refreshes, scrapes, and gives the values by series, such as `prewarm_x_total{a="b"}`. */
  values(): Promise<ReadonlyMap<string, number>>;
}

/** The metrics of one server of a test, refreshed by hand. */
export function measure(
  server: TestServer,
  options: {
    readonly namespace?: string;
    readonly failureHardLimit?: number;
    readonly refreshTimeoutMs?: number;
    readonly metrics?: Metrics;
  } = {},
): MeasuredServer {
  const { failureHardLimit = testPolicy.failureHardLimit } = options;
  const metrics = options.metrics ?? createMetrics({ namespace: options.namespace ?? "prewarm" });
  const refresh = createMetricsRefresh({
    db: server.store,
    clock: server.context.clock,
    metrics,
    policy: { ...testPolicy, failureHardLimit },
    options: { refreshIntervalMs: 1_000, refreshTimeoutMs: options.refreshTimeoutMs ?? 10_000 },
  });
  return {
    metrics,
    refresh,
    values: async () => {
      await refresh.run(goOn);
      return await seriesOf(metrics);
    },
  };
}

/** What a scrape shows, by series. A series that is there twice fails the test. */
export async function seriesOf(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  return parseSeries((await metrics.scrape()).toString());
}

export function parseSeries(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const cut = line.lastIndexOf(" ");
    const series = line.slice(0, cut);
    expect(values.has(series), `${series} is there twice`).toBe(false);
    values.set(series, Number(line.slice(cut + 1)));
  }
  return values;
}

/** The series of pools, without the prefix that all have, of one pool of the default organization. */
export function poolValues(
  values: ReadonlyMap<string, number>,
  pool: { readonly template?: string; readonly preset?: string } = {},
): Readonly<Record<string, number>> {
  const { template = "web", preset = "large" } = pool;
  const labels = `template_name="${template}",preset_name="${preset}",organization_name="default"`;
  const found: Record<string, number> = {};
  for (const [series, value] of values) {
    const [, name, inside] = /^[a-z]+_prebuilt_workspaces_(\w+)\{(.*)\}$/.exec(series) ?? [];
    if (name === undefined || inside === undefined) continue;
    if (inside === labels) found[name] = value;
    if (inside.startsWith(`${labels},`)) found[`${name} ${inside.slice(labels.length + 1)}`] = value;
  }
  return found;
}

/** Refreshes until all outcomes are in the totals: whatever else runs in this PostgreSQL may hold that back. */
export async function settled(fx: Fixture): Promise<void> {
  const { values } = measure(fx);
  await waitUntil("all outcomes are in the totals", async () => {
    await values();
    const left = "select coalesce(max(id), 0) - (select settled_id from pool_totals_mark) from creation_outcomes";
    return (await fx.number(left)) === 0;
  });
}
