import type pg from "pg";
import { ClaimQueue } from "../src/app/workspaces/claim-queue.ts";
import { Store } from "../src/db/store.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { claimOne, createDoubleClaimCheck } from "./harness/claim.ts";
import { median, type Summary, summarize } from "./harness/percentiles.ts";
import { createReconciler } from "./harness/reconciler.ts";
import {
  type Person,
  type SeededPool,
  seedPeople,
  seedPrebuilds,
  seedTemplates,
  settleTables,
} from "./harness/seed.ts";

const connectionsMax = 10;

/** Cycles over what is there, all of which is as it should be. */
async function cyclesMs(pool: pg.Pool, cycles: number): Promise<Summary> {
  const reconciler = createReconciler(new Store({ pool, publish: () => undefined }), { connectionsMax });
  await reconciler.cycle();
  const samples: number[] = [];
  for (let nth = 0; nth < cycles; nth += 1) {
    const { elapsedMs, creates } = await reconciler.cycle();
    if (creates > 0) throw new Error("A full pool was filled further.");
    samples.push(elapsedMs);
  }
  return summarize(samples);
}

interface Claims {
  readonly pool: pg.Pool;
  readonly person: Person;
  readonly claims: number;
}

/** Claims after which as many prebuilds are put back. */
const topUpEvery = 10;

/** One claimer, one after the other, in a pool that keeps its size. */
async function claimsMs({ pool, person, claims }: Claims, from: SeededPool, prefix: string): Promise<Summary> {
  const queue = new ClaimQueue(new Store({ pool, publish: () => undefined }), {
    logger: silentLogger,
    monotonicMs: () => performance.now(),
  });
  const check = createDoubleClaimCheck();
  const samples: number[] = [];
  for (let nth = 0; nth < claims; nth += 1) {
    const begun = performance.now();
    const taken = await claimOne(queue, from, { person, name: `${prefix}-${nth}`, hasJob: true });
    samples.push(performance.now() - begun);
    check(taken);
    if ((nth + 1) % topUpEvery > 0) continue;
    await seedPrebuilds(pool, { presetIds: [from.presetId], perPreset: topUpEvery });
  }
  return summarize(samples);
}

async function run(context: BenchContext): Promise<Outcome> {
  const many = context.isSmall ? 100 : 10_000;
  const cycles = context.isSmall ? 3 : 20;
  const database = await context.postgres.createDatabase("b8");
  const pool = await database.openPool(connectionsMax);
  try {
    const [person] = await seedPeople(pool, 1);
    const [small] = await seedTemplates(pool, { count: 1, prefix: "small-", instances: 10, preset: "active" });
    const [large] = await seedTemplates(pool, { count: 1, prefix: "large-", instances: many, preset: "active" });
    if (person === undefined || small === undefined || large === undefined) throw new Error("Seeding made nothing.");
    await seedPrebuilds(pool, { presetIds: [small.presetId], perPreset: 10 });
    await seedPrebuilds(pool, { presetIds: [large.presetId], perPreset: many });
    await settleTables(pool);
    context.say(`cycles over ${many} prebuilds in one pool`);
    const onePool = await cyclesMs(pool, cycles);
    context.say("claims in a small and in a large pool");
    // In turn, so that noise of the machine meets both.
    const claims = { pool, person, claims: context.isSmall ? 20 : 250 };
    const samples = { small: [] as Summary[], large: [] as Summary[] };
    for (let round = 0; round < (context.isSmall ? 1 : 4); round += 1) {
      const named = { ...claims, person };
      samples.small.push(await claimsMs(named, small, `small${round}`));
      samples.large.push(await claimsMs(named, large, `large${round}`));
    }
    context.say(`cycles over ${many} pools`);
    await pool.query("truncate workspaces, builds, jobs, agents, prebuilds, creation_outcomes, decisions cascade");
    const pools = await seedTemplates(pool, { count: many, prefix: "many-", instances: 1, preset: "active" });
    await seedPrebuilds(pool, { presetIds: pools.map((one) => one.presetId), perPreset: 1 });
    await pool.query("update presets set instances = null where instances > 1");
    await settleTables(pool);
    const manyPools = await cyclesMs(pool, cycles);
    const claimRow = (list: readonly Summary[]) => ({
      p50Ms: median(list.map((one) => one.p50Ms)),
      p99Ms: median(list.map((one) => one.p99Ms)),
    });
    const [inSmall, inLarge] = [claimRow(samples.small), claimRow(samples.large)];
    return {
      setup:
        "Cycles that find nothing to do over many live prebuilds, in one pool and in as many pools; claims one after the " +
        "other over one connection, each pool topped up every ten claims.",
      rows: [
        { case: `cycle, ${many} prebuilds in one pool`, values: { p50Ms: onePool.p50Ms, p99Ms: onePool.p99Ms } },
        { case: `cycle, ${many} pools of one`, values: { p50Ms: manyPools.p50Ms, p99Ms: manyPools.p99Ms } },
        { case: "claim, pool of 10", values: inSmall },
        { case: `claim, pool of ${many}`, values: inLarge },
      ],
      targets: [
        atMost(`cycle over ${many} prebuilds in one pool, p99`, onePool.p99Ms, 2_000, "ms"),
        atMost(`cycle over ${many} pools, p99`, manyPools.p99Ms, 2_000, "ms"),
        atMost(`claim p99 in a pool of ${many}, against one of 10`, inLarge.p99Ms / inSmall.p99Ms, 1.25, "×"),
      ],
    };
  } finally {
    await pool.end();
    await database.drop();
  }
}

export const snapshotScale: Benchmark = { id: "B8", title: "Snapshot scale", run };
