import { get } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import fastify from "fastify";
import type pg from "pg";
import { createMetricsRefresh } from "../src/controllers/metrics/metrics-refresh.ts";
import { Store } from "../src/db/store.ts";
import { registerMetricsPage } from "../src/http/metrics-page.ts";
import { systemClock } from "../src/platform/clock.ts";
import { createMetrics, type Metrics } from "../src/platform/metrics/metrics.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { summarize } from "./harness/percentiles.ts";
import { poolPolicy } from "./harness/reconciler.ts";
import { seedPeople, seedPrebuilds, seedTemplates, settleTables } from "./harness/seed.ts";

const connectionsMax = 10;
const neverStop = new AbortController().signal;

/** What pools have done so far: four totals each, and misses for two reasons. */
async function seedTotals(pool: pg.Pool): Promise<void> {
  await pool.query(`insert into pool_totals (template_id, preset_name, kind, reason, count)
select p.template_id, p.name, k.kind, k.reason, 1000
from presets p
cross join (values ('created', ''), ('failed', ''), ('claimed', ''), ('replaced', ''), ('missed', 'pool_empty'),
  ('missed', 'none_ready')) as k(kind, reason)
on conflict do nothing`);
  await pool.query("analyze pool_totals");
}

type Encoding = "gzip" | "identity";

/** One scrape over HTTP, from a page of this process, until the last byte has come. */
async function scrape(url: string, encoding: Encoding): Promise<{ elapsedMs: number; bytes: number }> {
  const begun = performance.now();
  return await new Promise((resolve, reject) => {
    const request = get(url, { headers: { "accept-encoding": encoding } }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on("end", () => resolve({ elapsedMs: performance.now() - begun, bytes }));
    });
    request.on("error", reject);
  });
}

async function scrapeTimes(metrics: Metrics, encoding: Encoding, times: number) {
  const app = fastify({ logger: false });
  registerMetricsPage(app, { metrics, metricsAccess: { isPublic: true, token: "" } });
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/metrics`;
  const samples: number[] = [];
  let bytes = 0;
  try {
    for (let nth = 0; nth < times; nth += 1) {
      const one = await scrape(url, encoding);
      bytes = one.bytes;
      samples.push(one.elapsedMs);
    }
  } finally {
    await app.close();
  }
  return { ...summarize(samples), mebibytes: bytes / 1024 ** 2 };
}

interface Measured {
  readonly row: Row;
  readonly refreshStatements: number;
  readonly scrapeStatements: number;
  readonly scrapeP99Ms: number;
}

async function measure(pool: pg.Pool, presets: number, times: number): Promise<Measured> {
  const store = new Store({ pool, publish: () => undefined });
  const metrics = createMetrics({ namespace: "prewarm" });
  const controller = createMetricsRefresh({
    db: store,
    clock: systemClock,
    metrics,
    policy: poolPolicy,
    options: { refreshIntervalMs: 60_000, refreshTimeoutMs: 60_000 },
  });
  for (let warmUp = 0; warmUp < 2; warmUp += 1) await controller.run(neverStop);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const before = store.counters.statements;
  const refreshes: number[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    const begun = performance.now();
    await controller.run(neverStop);
    refreshes.push(performance.now() - begun);
  }
  delays.disable();
  const refreshStatements = (store.counters.statements - before) / times;
  const asked = store.counters.statements;
  const gzip = await scrapeTimes(metrics, "gzip", times * 3);
  const plain = await scrapeTimes(metrics, "identity", times * 3);
  const scrapeStatements = store.counters.statements - asked;
  const refresh = summarize(refreshes);
  const values = {
    refreshStatements,
    refreshP50Ms: refresh.p50Ms,
    refreshP99Ms: refresh.p99Ms,
    loopBlockedMaxMs: delays.max / 1e6,
    scrapeStatements,
    gzipP50Ms: gzip.p50Ms,
    gzipP99Ms: gzip.p99Ms,
    gzipMiB: gzip.mebibytes,
    plainP50Ms: plain.p50Ms,
    plainP99Ms: plain.p99Ms,
    plainMiB: plain.mebibytes,
  };
  return {
    row: { case: `${presets} presets`, values },
    refreshStatements,
    scrapeStatements,
    scrapeP99Ms: gzip.p99Ms,
  };
}

async function run(context: BenchContext): Promise<Outcome> {
  const sizes = context.isSmall ? [20, 100] : [100, 1_000, 10_000];
  const times = context.isSmall ? 3 : 30;
  const database = await context.postgres.createDatabase("b9");
  const pool = await database.openPool(connectionsMax);
  const measured: Measured[] = [];
  try {
    await seedPeople(pool, 1);
    let presets = 0;
    for (const size of sizes) {
      const count = size - presets;
      const seeded = await seedTemplates(pool, { count, prefix: `t${size}-`, instances: 2, preset: "active" });
      await seedPrebuilds(pool, { presetIds: seeded.map(({ presetId }) => presetId), perPreset: 2 });
      await seedTotals(pool);
      await settleTables(pool);
      presets = size;
      context.say(`${size} presets`);
      measured.push(await measure(pool, presets, times));
    }
  } finally {
    await pool.end();
    await database.drop();
  }
  const statements = measured.map((one) => one.refreshStatements);
  const last = measured.at(-1);
  return {
    setup:
      "Active presets of two ready prebuilds each, all with totals and with misses for two reasons: nine series a preset. " +
      "Refreshes of the server's own controller, then scrapes of the page over HTTP by the same process, compressed as " +
      "Prometheus asks for it, and plain.",
    rows: measured.map((one) => one.row),
    targets: [
      atMost("growth of statements per refresh with presets", Math.max(...statements) - Math.min(...statements), 0, ""),
      atMost("statements of all scrapes", Math.max(...measured.map((one) => one.scrapeStatements)), 0, ""),
      atMost(`compressed scrape with ${sizes.at(-1)} presets, p99`, last?.scrapeP99Ms ?? Number.NaN, 100, "ms"),
    ],
  };
}

export const metricsScrape: Benchmark = { id: "B9", title: "Metrics", run };
