import { Store } from "../src/db/store.ts";
import type { BenchDatabase } from "./harness/bench-postgres.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { median } from "./harness/percentiles.ts";
import { createReconciler } from "./harness/reconciler.ts";
import { seedPeople, seedTemplates } from "./harness/seed.ts";

const connectionsMax = 10;
const instances = 2;

interface Mixed {
  readonly createMs: number;
  readonly idleMs: number;
}

/** The cycle that creates all prebuilds of the active presets, and those after it, which find nothing to do. */
async function measure(
  database: BenchDatabase,
  size: { readonly inactive: number; readonly active: number; readonly idleCycles: number },
): Promise<Mixed> {
  const pool = await database.openPool(connectionsMax);
  try {
    await seedPeople(pool, 1);
    await seedTemplates(pool, { count: size.inactive, prefix: "old-", instances, preset: "outdated" });
    const warmUp = createReconciler(new Store({ pool, publish: () => undefined }), { connectionsMax });
    // Statements are prepared and code is compiled before anything is measured.
    await seedTemplates(pool, { count: 1, prefix: "warm-", instances: 1, preset: "active" });
    for (let cycle = 0; cycle < 10; cycle += 1) await warmUp.cycle();
    await seedTemplates(pool, { count: size.active, prefix: "new-", instances, preset: "active" });
    const first = await warmUp.cycle();
    if (first.creates !== size.active * instances) throw new Error(`The cycle created ${first.creates} prebuilds.`);
    const idle: number[] = [];
    for (let cycle = 0; cycle < size.idleCycles; cycle += 1) idle.push((await warmUp.cycle()).elapsedMs);
    return { createMs: first.elapsedMs, idleMs: median(idle) };
  } finally {
    await pool.end();
  }
}

async function run(context: BenchContext): Promise<Outcome> {
  const sizes = context.isSmall
    ? [[18, 2]]
    : [
        [490, 10],
        [975, 25],
        [4_950, 50],
      ];
  const repeats = context.isSmall ? 1 : 5;
  const rows = [];
  const targets = [];
  for (const [inactive = 0, active = 0] of sizes) {
    context.say(`${inactive} inactive, ${active} active`);
    const mixed: Mixed[] = [];
    const alone: Mixed[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const [list, old] of [
        [mixed, inactive],
        [alone, 0],
      ] as const) {
        const database = await context.postgres.createDatabase(`b3_${active}_${old}_${repeat}`);
        list.push(await measure(database, { inactive: old, active, idleCycles: context.isSmall ? 3 : 20 }));
        await database.drop();
      }
    }
    const of = (list: readonly Mixed[], key: keyof Mixed): number => median(list.map((one) => one[key]));
    const ratio = of(mixed, "createMs") / of(alone, "createMs");
    rows.push({
      case: `${inactive} inactive + ${active} active × ${instances}`,
      values: {
        createMs: of(mixed, "createMs"),
        createAloneMs: of(alone, "createMs"),
        createRatio: ratio,
        idleMs: of(mixed, "idleMs"),
        idleAloneMs: of(alone, "idleMs"),
      },
    });
    targets.push(
      atMost(`cycle with ${inactive} inactive presets beside ${active} active ones, against without`, ratio, 2, "×"),
    );
  }
  return {
    setup:
      "The cycle that creates the prebuilds of the active presets, and the idle cycles after it; `alone` is the same " +
      `without the inactive presets. Medians of ${repeats} databases.`,
    rows,
    targets,
  };
}

export const reconcileMixed: Benchmark = { id: "B3", title: "Reconcile, mixed", run };
