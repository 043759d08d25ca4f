import { randomUUID } from "node:crypto";
import type pg from "pg";
import { ClaimQueue } from "../src/app/workspaces/claim-queue.ts";
import { Store } from "../src/db/store.ts";
import { silentLogger } from "../src/platform/logger.ts";
import {
  atLeast,
  atMost,
  type BenchContext,
  type Benchmark,
  type Outcome,
  type Row,
  type Target,
} from "./harness/benchmark.ts";
import { claimOne, createDoubleClaimCheck } from "./harness/claim.ts";
import { hammer } from "./harness/hammer.ts";
import { claimAtLimit, createLimitTables, seedLimit } from "./harness/limit.ts";
import { median, summarize } from "./harness/percentiles.ts";
import {
  type Person,
  type SeededPool,
  seedPeople,
  seedPrebuilds,
  seedTemplates,
  settleTables,
} from "./harness/seed.ts";

/** More claimers than this share so many connections: PostgreSQL gains nothing from more on a few cores. */
const connectionsMax = 32;

interface Scene {
  readonly pool: pg.Pool;
  readonly store: Store;
  readonly claims: ClaimQueue;
  readonly from: SeededPool;
  readonly people: readonly Person[];
  readonly poolSize: number;
  readonly rounds: number;
  readonly check: (taken: string | undefined) => void;
  names: number;
}

interface Measured {
  readonly row: Row;
  readonly ratio: number;
  readonly p99Ms: number;
}

/** A whole pool is claimed, then as much of the bare tables, in turn: noise of the machine meets both. */
async function measure(scene: Scene, clients: number, hasJob: boolean): Promise<Measured> {
  const samples: number[] = [];
  const limitSamples: number[] = [];
  const claimRates: number[] = [];
  const limitRates: number[] = [];
  const checkLimit = createDoubleClaimCheck();
  for (let round = 0; round <= scene.rounds; round += 1) {
    await seedPrebuilds(scene.pool, { presetIds: [scene.from.presetId], perPreset: scene.poolSize });
    await seedLimit(scene.pool, scene.from, scene.poolSize);
    const real = await hammer({ clients, total: scene.poolSize, ask: () => claimReal(scene, hasJob) });
    const bare = await hammer({ clients, total: scene.poolSize, ask: () => claimBare(scene, hasJob, checkLimit) });
    // The first prepares the statements on each connection, and is not counted.
    if (round === 0) continue;
    samples.push(...real.samplesMs);
    limitSamples.push(...bare.samplesMs);
    claimRates.push(real.perSecond);
    limitRates.push(bare.perSecond);
  }
  const ratio = median(claimRates.map((rate, round) => rate / (limitRates[round] ?? Number.NaN)));
  const { p50Ms, p99Ms } = summarize(samples);
  const limitP99Ms = summarize(limitSamples).p99Ms;
  return {
    row: {
      case: `${clients} claimers, ${hasJob ? "with a job" : "no job"}`,
      values: {
        perSecond: median(claimRates),
        limitPerSecond: median(limitRates),
        ofLimit: ratio,
        p50Ms,
        p99Ms,
        limitP99Ms,
      },
    },
    ratio,
    p99Ms,
  };
}

async function claimReal(scene: Scene, hasJob: boolean): Promise<void> {
  scene.names += 1;
  const person = scene.people[scene.names % scene.people.length];
  if (person === undefined) throw new Error("There are no people to claim for.");
  scene.check(await claimOne(scene.claims, scene.from, { person, name: `w${scene.names}`, hasJob }));
}

async function claimBare(scene: Scene, hasJob: boolean, check: Scene["check"]): Promise<void> {
  scene.names += 1;
  const name = `w${scene.names}`;
  const ids = { ownerId: randomUUID(), buildId: randomUUID(), jobId: hasJob ? randomUUID() : null };
  check(await claimAtLimit(scene.store, { presetId: scene.from.presetId, name, ...ids }));
}

async function run(context: BenchContext): Promise<Outcome> {
  const claimers = context.isSmall ? [1, 16] : [1, 16, 64, 256];
  const database = await context.postgres.createDatabase("b4");
  const rows: Row[] = [];
  const targets: Target[] = [];
  const check = createDoubleClaimCheck();
  let names = 0;
  const seeding = await database.openPool(2);
  try {
    const people = await seedPeople(seeding, 50);
    const [from] = await seedTemplates(seeding, { count: 1, prefix: "claim-", instances: 1_000, preset: "active" });
    if (from === undefined) throw new Error("No pool was seeded.");
    await createLimitTables(seeding);
    for (const hasJob of [true, false]) {
      for (const clients of claimers) {
        context.say(`${clients} claimers, ${hasJob ? "with a job" : "no job"}`);
        await settleTables(seeding);
        const pool = await database.openPool(Math.min(clients, connectionsMax));
        const store = new Store({ pool, publish: () => undefined });
        const size = { poolSize: context.isSmall ? 50 : 1_000, rounds: context.isSmall ? 1 : 6 };
        const scene: Scene = {
          pool,
          store,
          claims: new ClaimQueue(store, { logger: silentLogger, monotonicMs: () => performance.now() }),
          from,
          people,
          check,
          names,
          ...size,
        };
        const measured = await measure(scene, clients, hasJob).finally(() => pool.end());
        names = scene.names;
        rows.push(measured.row);
        targets.push(atLeast(`${measured.row.case}, share of limit`, measured.ratio, 0.6, ""));
        if (clients === 256) targets.push(atMost(`${measured.row.case}, p99`, measured.p99Ms, 50, "ms"));
      }
    }
  } finally {
    await seeding.end();
    await database.drop();
  }
  return {
    setup:
      `Claims as the use case makes them, on pools of ${context.isSmall ? 50 : 1_000} that are claimed empty, over at most ` +
      `${connectionsMax} connections; \`limit\` in turn with it, over the same connections. Each prebuild was handed out once.`,
    rows,
    targets,
  };
}

export const claimDatabase: Benchmark = { id: "B4", title: "Claim, in the database", run };
