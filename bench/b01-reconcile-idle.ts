import v8 from "node:v8";
import vm from "node:vm";
import type pg from "pg";
import { Store } from "../src/db/store.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row } from "./harness/benchmark.ts";
import { median, summarize } from "./harness/percentiles.ts";
import { createReconciler } from "./harness/reconciler.ts";
import { seedPeople, seedTemplates } from "./harness/seed.ts";

const connectionsMax = 10;

interface Measured {
  readonly row: Row;
  readonly statements: number;
  readonly p50Ms: number;
}

/** A straightforward reconciler: it asks for the state of each preset by itself. */
async function naiveCycleMs(pool: pg.Pool): Promise<number> {
  const begun = performance.now();
  const { rows } = await pool.query<{ id: string }>("select id from presets");
  for (const { id } of rows) {
    await pool.query({
      name: "naive_pool",
      text: `select p.instances, t.active_version_id = p.template_version_id as is_active,
  (select count(*) from prebuilds b where b.preset_id = p.id and b.state in ('building', 'starting', 'ready')) as running
from presets p
join templates t on t.id = p.template_id
where p.id = $1`,
      values: [id],
    });
  }
  return performance.now() - begun;
}

async function measure(
  pool: pg.Pool,
  options: { readonly presets: number; readonly cycles: number; readonly naiveCycles: number },
): Promise<Measured> {
  const store = new Store({ pool, publish: () => undefined });
  const reconciler = createReconciler(store, { connectionsMax });
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await reconciler.cycle();
  const before = store.counters.statements;
  const samples: number[] = [];
  for (let nth = 0; nth < options.cycles; nth += 1) samples.push((await reconciler.cycle()).elapsedMs);
  const statements = (store.counters.statements - before) / options.cycles;
  const naive: number[] = [];
  for (let nth = 0; nth < options.naiveCycles; nth += 1) naive.push(await naiveCycleMs(pool));
  const { p50Ms, p99Ms } = summarize(samples);
  const naiveMs = median(naive);
  return {
    row: {
      case: `${options.presets} presets`,
      values: { statements, p50Ms, p99Ms, naiveMs, naiveRatio: naiveMs / p50Ms },
    },
    statements,
    p50Ms,
  };
}

/** Node gives the collector away only when it is asked for; without a collection the figure is garbage and chance. */
function collector(): () => void {
  v8.setFlagsFromString("--expose-gc");
  // A new context is made with what the flags say now.
  return vm.runInNewContext("gc") as () => void;
}

/** Live heap, after a collection. */
function heapMiB(): number {
  const collect = collector();
  collect();
  collect();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

async function measureHeap(pool: pg.Pool, cycles: number): Promise<{ readonly row: Row; readonly growthMiB: number }> {
  const reconciler = createReconciler(new Store({ pool, publish: () => undefined }), { connectionsMax });
  for (let warmUp = 0; warmUp < Math.min(100, cycles); warmUp += 1) await reconciler.cycle();
  const beforeMiB = heapMiB();
  for (let nth = 0; nth < cycles; nth += 1) await reconciler.cycle();
  const afterMiB = heapMiB();
  const growthMiB = afterMiB - beforeMiB;
  return { row: { case: `heap over ${cycles} cycles`, values: { beforeMiB, afterMiB, growthMiB } }, growthMiB };
}

async function run(context: BenchContext): Promise<Outcome> {
  const sizes = context.isSmall ? [20, 100] : [100, 1_000, 5_000, 10_000];
  const cycles = context.isSmall ? 5 : 30;
  const heapCycles = context.isSmall ? 20 : 1_000;
  const database = await context.postgres.createDatabase("b1");
  const pool = await database.openPool(connectionsMax);
  const measured: Measured[] = [];
  try {
    await seedPeople(pool, 1);
    let presets = 0;
    for (const size of sizes) {
      await seedTemplates(pool, { count: size - presets, prefix: `t${size}-`, instances: 2, preset: "outdated" });
      presets = size;
      context.say(`${size} presets`);
      measured.push(await measure(pool, { presets, cycles, naiveCycles: context.isSmall ? 1 : 3 }));
    }
    context.say(`heap over ${heapCycles} cycles`);
    const heap = await measureHeap(pool, heapCycles);
    const statements = measured.map((one) => one.statements);
    return {
      setup:
        "One cycle over presets of old versions that want 2 prebuilds each, while the active versions have no preset. " +
        "`naive` asks for the state of each preset by itself, over one connection.",
      rows: [...measured.map((one) => one.row), heap.row],
      targets: [
        atMost("growth of statements per cycle with presets", Math.max(...statements) - Math.min(...statements), 0, ""),
        atMost(`cycle over ${presets} presets, median`, measured.at(-1)?.p50Ms ?? Number.NaN, 250, "ms"),
        atMost(`heap growth over ${heapCycles} cycles`, heap.growthMiB, 5, "MiB"),
      ],
    };
  } finally {
    await pool.end();
    await database.drop();
  }
}

export const reconcileIdle: Benchmark = { id: "B1", title: "Reconcile, nothing to do", run };
