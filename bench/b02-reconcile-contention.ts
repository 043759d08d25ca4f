import { liveServerConfig } from "../src/platform/config/live-options.ts";
import { loadConfig } from "../src/platform/config/load-config.ts";
import { serverOptions } from "../src/platform/config/server-options.ts";
import type { ServerId } from "../src/contracts/ids.ts";
import type pg from "pg";
import { Signer } from "../src/app/signer.ts";
import { createStateVault, stateKeyBytes } from "../src/app/provisioner/state-vault.ts";
import type { AppContext } from "../src/app/app-context.ts";
import { readTemplateText } from "../src/app/templates/manifest-reader.ts";
import type { Actor } from "../src/app/authorize.ts";
import { ClaimQueue } from "../src/app/workspaces/claim-queue.ts";
import { FormEvaluations } from "../src/app/forms/form-evaluations.ts";
import { ClaimWaiters } from "../src/app/workspaces/claim-waiters.ts";
import { createVersionDefinitions } from "../src/app/workspaces/version-definitions.ts";
import { createWorkspace } from "../src/app/workspaces/create-workspace.ts";
import { MemoryBus } from "../src/bus/memory-bus.ts";
import type { TokenId } from "../src/contracts/ids.ts";
import { defaultOrganizationId, defaultOrganizationName } from "../src/contracts/system-ids.ts";
import { Store } from "../src/db/store.ts";
import { systemClock } from "../src/platform/clock.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { createPrebuildsSwitch } from "../src/platform/prebuilds-switch.ts";
import { systemRandom } from "../src/platform/random.ts";
import { sleep } from "../src/platform/sleep.ts";
import type { BenchDatabase } from "./harness/bench-postgres.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row, type Target } from "./harness/benchmark.ts";
import { countingPool } from "./harness/counting-pool.ts";
import { summarize } from "./harness/percentiles.ts";
import { createReconciler, poolLimits } from "./harness/reconciler.ts";
import { type Person, seedPeople, seedTemplates, settleTables } from "./harness/seed.ts";

const connectionsMax = 10;
/** A person's request is made this often, whatever became of the ones before. */
const requestEveryMs = 5;

function contextOver(db: Store): AppContext {
  return {
    db,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    news: new MemoryBus(),
    serverId: systemRandom.uuid() as ServerId,
    monotonicMs: () => performance.now(),
    prebuildsSwitch: createPrebuildsSwitch(true),
    settings: liveServerConfig(loadConfig(serverOptions, { flags: new Map(), env: {} })),
    manifestReader: async (text) => readTemplateText(text),
    stateVault: createStateVault([Buffer.alloc(stateKeyBytes)], systemRandom),
    signer: new Signer([Buffer.alloc(stateKeyBytes)]),
    options: {
      accessUrl: () => "http://bench.invalid",
      appsHost: null,
      appsPort: null,
      maxShare: "authenticated",
      forwardTargets: "any",
      version: "bench",
      sessionLifetimeMs: 3_600_000,
      leaseMs: 30_000,
      reservedShare: 0,
      orphanAgeMs: 600_000,
      agentLostAfterMs: 600_000,
      poolLimits,
      uploadBytesMax: 1_048_576,
      unpackedBytesMax: 1_048_576,
      builtinDaemonKeyHash: Buffer.alloc(32),
      creationsPerMinuteMax: 0,
      terminalDetachedMs: 60_000,
      isQuotaEnabled: false,
      digestIntervalMs: 3_600_000,
      isUnisolatedAllowed: true,
      isAccessAudited: true,
      isPrivateWebhookAllowed: false,
    },
  };
}

function actorOf(person: Person): Actor {
  return {
    userId: person.id,
    username: person.username,
    name: "",
    email: null,
    role: "member",
    organizations: [{ id: defaultOrganizationId, name: defaultOrganizationName, role: "member" }],
    createdAt: new Date(0),
    tokenId: "" as TokenId,
  };
}

/** Creates workspaces as a person would, at a steady rate until `until` settles; gives the time of each. */
async function requestsBeside(
  create: (name: string) => Promise<unknown>,
  prefix: string,
  until: Promise<unknown>,
): Promise<readonly number[]> {
  const samples: number[] = [];
  const asked: Promise<void>[] = [];
  let isOver = false;
  const over = until.finally(() => {
    isOver = true;
  });
  const ask = async (name: string): Promise<void> => {
    const begun = performance.now();
    await create(name);
    samples.push(performance.now() - begun);
  };
  for (let nth = 0; !isOver; nth += 1) {
    asked.push(ask(`${prefix}${nth}`));
    await sleep(requestEveryMs);
  }
  await Promise.all([over, ...asked]);
  return samples;
}

/**
 * A server that has run for a while has every statement prepared on every connection, and has made the plans that it
 * keeps: each is asked six times on all of them at once, as requests and as cycles that fill a few pools.
 */
async function warmUp(
  pool: pg.Pool,
  work: { readonly create: (name: string) => Promise<unknown>; readonly cycle: () => Promise<unknown> },
): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    const asked = Array.from({ length: connectionsMax }, (_, nth) => work.create(`warm-${round}-${nth}`));
    await Promise.all(asked);
    await seedTemplates(pool, { count: 12, prefix: `warm-${round}-`, instances: 20, preset: "active" });
    await work.cycle();
  }
}

interface Contention {
  readonly row: Row;
  readonly elapsedMs: number;
  readonly inUseMax: number;
  readonly p99Ratio: number;
}

async function measure(
  database: BenchDatabase,
  size: { readonly pools: number; readonly instances: number; readonly idleMs: number },
): Promise<Contention> {
  const pool = await database.openPool(connectionsMax);
  try {
    const [person] = await seedPeople(pool, 1);
    const [cold] = await seedTemplates(pool, { count: 1, prefix: "cold-", instances: 0, preset: "outdated" });
    if (person === undefined || cold === undefined) throw new Error("Seeding made nothing.");
    const store = new Store({ pool, publish: () => undefined });
    const context = {
      ...contextOver(store),
      versions: createVersionDefinitions(),
      claims: new ClaimQueue(store, { logger: silentLogger, monotonicMs: () => performance.now() }),
      waiters: new ClaimWaiters(),
      forms: new FormEvaluations(),
    };
    const actor = actorOf(person);
    const create = (name: string): Promise<unknown> =>
      createWorkspace(context, actor, { name, template: cold.templateName });
    const counting = countingPool(pool);
    const reconciler = createReconciler(new Store({ pool: counting.pool, publish: () => undefined }), {
      connectionsMax,
    });
    await warmUp(pool, { create, cycle: () => reconciler.cycle() });
    const idle = summarize(await requestsBeside(create, "idle-", sleep(size.idleMs)));
    await seedTemplates(pool, { count: size.pools, prefix: "pool-", instances: size.instances, preset: "active" });
    await settleTables(pool);
    const cycle = reconciler.cycle();
    const beside = summarize(await requestsBeside(create, "beside-", cycle));
    const { elapsedMs, creates } = await cycle;
    if (creates !== size.pools * size.instances) throw new Error(`The cycle created ${creates} prebuilds.`);
    const p99Ratio = beside.p99Ms / idle.p99Ms;
    const row = {
      case: `${size.pools} pools × ${size.instances}`,
      values: {
        creates,
        cycleMs: elapsedMs,
        createsPerSecond: (creates / elapsedMs) * 1_000,
        connectionsMax: counting.inUseMax(),
        requests: beside.count,
        besideP50Ms: beside.p50Ms,
        besideP99Ms: beside.p99Ms,
        idleP99Ms: idle.p99Ms,
        p99Ratio,
      },
    };
    return { row, elapsedMs, inUseMax: counting.inUseMax(), p99Ratio };
  } finally {
    await pool.end();
  }
}

async function run(context: BenchContext): Promise<Outcome> {
  const sizes = context.isSmall
    ? [[10, 5]]
    : [
        [10, 5],
        [50, 5],
        [100, 5],
        [1_000, 10],
      ];
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const [pools = 0, instances = 0] of sizes) {
    context.say(`${pools} pools × ${instances}`);
    const database = await context.postgres.createDatabase(`b2_${pools}`);
    const found = await measure(database, { pools, instances, idleMs: context.isSmall ? 200 : 5_000 });
    await database.drop();
    rows.push(found.row);
    targets.push(atMost(`${found.row.case}: connections of the cycle`, found.inUseMax, connectionsMax / 2, ""));
    if (pools * instances < 10_000) continue;
    targets.push(atMost(`${found.row.case}: one cycle`, found.elapsedMs, 10_000, "ms"));
    targets.push(atMost(`${found.row.case}: p99 of a request beside it, against idle`, found.p99Ratio, 2, "×"));
  }
  return {
    setup:
      `One cycle that fills empty pools, over ${connectionsMax} connections that it shares with a person's cold creations, one ` +
      `every ${requestEveryMs} ms in the same process, both warmed up. The p99 beside short cycles is of a few requests only.`,
    rows,
    targets,
  };
}

export const reconcileContention: Benchmark = { id: "B2", title: "Reconcile under connection contention", run };
