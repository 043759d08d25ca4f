import pg from "pg";
import { auditPage, type AuditFilter } from "../src/db/audit/audit-pages.ts";
import { ClaimQueue } from "../src/app/workspaces/claim-queue.ts";
import type { UserId } from "../src/contracts/ids.ts";
import { defaultOrganizationId, prebuildsUserId } from "../src/contracts/system-ids.ts";
import { createMetricsRefresh } from "../src/controllers/metrics/metrics-refresh.ts";
import { listJobs } from "../src/db/jobs/job-views.ts";
import { loadPools } from "../src/db/pools/load-pools.ts";
import { Store } from "../src/db/store.ts";
import { listWorkspaces } from "../src/db/workspaces/workspace-list.ts";
import { systemClock } from "../src/platform/clock.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { createMetrics } from "../src/platform/metrics/metrics.ts";
import { fullYear, partOfYear, seedYear, type YearSize } from "../test/support/year-of-history.ts";
import type { BenchDatabase } from "./harness/bench-postgres.ts";
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
import { median, summarize } from "./harness/percentiles.ts";
import { pruneFor } from "./harness/pruner.ts";
import { createReconciler, poolPolicy } from "./harness/reconciler.ts";
import { type Person, type SeededPool, seedPrebuilds, seedTemplates } from "./harness/seed.ts";

const connectionsMax = 10;
const claimers = 8;
const neverStop = new AbortController().signal;

/** `fresh`: a deployment as it begins. `living`: what lives after a year, and a day of what was. `year`: all of it. */
const ages = ["fresh", "living", "year"] as const;
type Age = (typeof ages)[number];

interface Scene {
  readonly age: Age;
  readonly database: BenchDatabase;
  readonly pool: pg.Pool;
  readonly store: Store;
  readonly people: readonly Person[];
  readonly from: SeededPool;
  readonly claims: ClaimQueue;
  readonly check: (taken: string | undefined) => void;
  names: number;
}

function sizeOf(age: Age, isSmall: boolean): YearSize {
  const year = isSmall ? { ...partOfYear(500), people: 20, templates: 5, versions: 4 } : fullYear;
  if (age === "year") return year;
  const living = {
    ...year,
    deletedWorkspaces: Math.ceil(year.deletedWorkspaces / 365),
    logLines: Math.ceil(year.logLines / 10),
  };
  if (age === "living") return living;
  // A pool's worth of prebuilds, and two workspaces for each person.
  const liveWorkspaces = year.templates * 2 * year.readyPerPreset * 2 + year.people * 2;
  return { ...living, versions: 1, liveWorkspaces, deletedWorkspaces: year.people, logLines: liveWorkspaces };
}

async function openScene(context: BenchContext, age: Age): Promise<Scene> {
  const database = await context.postgres.createDatabase(`b11_${age}`);
  const client = new pg.Client({ ...database.connection });
  await client.connect();
  const begun = performance.now();
  try {
    await seedYear(client, sizeOf(age, context.isSmall), { now: new Date() });
  } finally {
    await client.end();
  }
  context.say(`${age}: made in ${Math.round((performance.now() - begun) / 1_000)} s`);
  const pool = await database.openPool(connectionsMax);
  const [from] = await seedTemplates(pool, { count: 1, prefix: "claimed-", instances: 0, preset: "active" });
  const { rows: people } = await pool.query<Person>(
    "select id, username, '' as secret from users where username like 'person%' order by username limit 50",
  );
  if (from === undefined || people.length === 0) throw new Error("Seeding made nothing.");
  const store = new Store({ pool, publish: () => undefined });
  const claims = new ClaimQueue(store, { logger: silentLogger, monotonicMs: () => performance.now() });
  return { age, database, pool, store, people, from, claims, check: createDoubleClaimCheck(), names: 0 };
}

/** A pool is filled and claimed empty. @returns how long each claim took. */
async function claimAll(scene: Scene, count: number): Promise<readonly number[]> {
  await seedPrebuilds(scene.pool, { presetIds: [scene.from.presetId], perPreset: count });
  const ask = async (): Promise<void> => {
    scene.names += 1;
    const person = scene.people[scene.names % scene.people.length];
    if (person === undefined) throw new Error("There are no people to claim for.");
    scene.check(await claimOne(scene.claims, scene.from, { person, name: `b11-${scene.names}`, hasJob: true }));
  };
  return (await hammer({ clients: claimers, total: count, ask })).samplesMs;
}

const newest: AuditFilter = {
  narrowing: { by: "newest", key: null },
  before: { at: new Date("9999-01-01"), id: 0 },
  from: { at: new Date(0), id: 0 },
  action: null,
  actorId: null,
  kinds: null,
  name: null,
  organizationId: null,
  ownerId: null,
  visibleTo: null,
  administers: [],
  limit: 50,
  lookedMax: 10_000,
};

function workspacesOf(store: Store, ownerId: UserId | null): Promise<unknown> {
  const selection = {
    systemUserId: prebuildsUserId,
    ownerId,
    organizationId: null,
    template: null,
    status: null,
    group: null,
    isDormant: null,
    isOutdated: null,
    search: null,
    ids: null,
  };
  return listWorkspaces(store, selection, { sort: "last_used", order: "desc", limit: 50, offset: 0 });
}

function jobsOf(store: Store, visibleTo: UserId | null): Promise<unknown> {
  return listJobs(store, {
    daemonsSeenSince: new Date(),
    organizationId: defaultOrganizationId,
    visibleTo,
    seesPrebuilds: false,
    status: null,
    initiator: null,
    template: null,
    tag: null,
    lane: null,
    limit: 50,
    offset: 0,
  });
}

/** What is read, by the server's own code. */
function readsOf({
  store,
  people,
}: Scene): readonly { readonly name: string; readonly read: () => Promise<unknown> }[] {
  const [person] = people;
  const personId = person?.id ?? null;
  const reconciler = createReconciler(store, { connectionsMax });
  const refresh = createMetricsRefresh({
    db: store,
    clock: systemClock,
    metrics: createMetrics({ namespace: "prewarm" }),
    policy: poolPolicy,
    options: { refreshIntervalMs: 60_000, refreshTimeoutMs: 60_000 },
  });
  const now = (): Date => systemClock.now();
  return [
    { name: "reconcile cycle", read: () => reconciler.cycle() },
    { name: "metrics refresh", read: () => refresh.run(neverStop) },
    {
      name: "list of pools",
      read: () => loadPools(store, { now: now(), backoffLookbackMs: poolPolicy.backoffLookbackMs, isForPeople: true }),
    },
    { name: "list of a person's workspaces", read: () => workspacesOf(store, personId) },
    { name: "list of everybody's workspaces", read: () => workspacesOf(store, null) },
    { name: "list of a person's jobs", read: () => jobsOf(store, personId) },
    { name: "list of all jobs", read: () => jobsOf(store, null) },
    { name: "page of the audit log", read: () => auditPage(store, newest) },
  ];
}

type Times = Readonly<Record<Age, number>>;

/** In turn over the databases, so that noise of the machine meets all of them. */
async function timesOf(scenes: readonly Scene[], nth: number, rounds: number): Promise<Times> {
  const samples: Record<Age, number[]> = { fresh: [], living: [], year: [] };
  const reads = scenes.map((scene) => ({ age: scene.age, one: readsOf(scene)[nth] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { age, one } of reads) {
      const begun = performance.now();
      await one?.read();
      // The first prepares statements and fills caches.
      if (round > 0) samples[age].push(performance.now() - begun);
    }
  }
  return { fresh: median(samples.fresh), living: median(samples.living), year: median(samples.year) };
}

function rowOf(name: string, { fresh, living, year }: Times): Row {
  return { case: name, values: { fresh, living, year, yearOfLiving: year / living, yearOfFresh: year / fresh } };
}

async function claimRows(scenes: readonly Scene[], isSmall: boolean): Promise<{ rows: Row[]; ratio: number }> {
  const p50: Record<Age, number[]> = { fresh: [], living: [], year: [] };
  const p99: Record<Age, number[]> = { fresh: [], living: [], year: [] };
  for (let round = 0; round <= (isSmall ? 1 : 10); round += 1) {
    for (const scene of scenes) {
      const { p50Ms, p99Ms } = summarize(await claimAll(scene, isSmall ? 40 : 500));
      if (round === 0) continue;
      p50[scene.age].push(p50Ms);
      p99[scene.age].push(p99Ms);
    }
  }
  const medians = (of: typeof p50): Times => ({
    fresh: median(of.fresh),
    living: median(of.living),
    year: median(of.year),
  });
  const high = medians(p99);
  return {
    rows: [rowOf("claim, p50 ms", medians(p50)), rowOf("claim, p99 ms", high)],
    ratio: high.year / high.living,
  };
}

async function sizeRow(scenes: readonly Scene[]): Promise<Row> {
  const sizes: Record<Age, number> = { fresh: 0, living: 0, year: 0 };
  for (const { age, pool } of scenes) {
    const { rows } = await pool.query<{ bytes: string }>("select pg_database_size(current_database()) as bytes");
    sizes[age] = Number(rows[0]?.bytes ?? 0) / 1024 ** 2;
  }
  return rowOf("size of the database, MiB", sizes);
}

/** The pruner on a year that nobody ever pruned, with claims beside it. */
async function prune(scene: Scene, context: BenchContext): Promise<{ row: Row; perHour: number }> {
  const forMs = context.isSmall ? 2_000 : 120_000;
  const samples: number[] = [];
  let isOver = false;
  const pruning = pruneFor(scene.store, forMs).finally(() => {
    isOver = true;
  });
  // Small rounds, so that the pool never holds more than one that is being claimed.
  while (!isOver) samples.push(...(await claimAll(scene, context.isSmall ? 20 : 200)));
  const { removed, elapsedMs } = await pruning;
  const perHour = ((removed["workspaces"] ?? 0) / elapsedMs) * 3_600_000;
  const rows = Object.values(removed).reduce((sum, count) => sum + count, 0);
  const values = {
    workspacesPerHour: perHour,
    rowsPerSecond: (rows / elapsedMs) * 1_000,
    claimP50Ms: summarize(samples).p50Ms,
    claimP99Ms: summarize(samples).p99Ms,
  };
  return { row: { case: "pruner, with claims beside it", values }, perHour };
}

async function run(context: BenchContext): Promise<Outcome> {
  const scenes: Scene[] = [];
  try {
    for (const age of ages) scenes.push(await openScene(context, age));
    const sizes = await sizeRow(scenes);
    context.say("claims");
    // What seeding has left to be written to the disk is not the claims' to wait for.
    await scenes[0]?.pool.query("checkpoint");
    const claims = await claimRows(scenes, context.isSmall);
    const rows: Row[] = [...claims.rows];
    const targets: Target[] = [atMost("claim p99, a year against what lives", claims.ratio, 1.25, "×")];
    const names = scenes[0] === undefined ? [] : readsOf(scenes[0]).map(({ name }) => name);
    for (const [nth, name] of names.entries()) {
      context.say(name);
      const times = await timesOf(scenes, nth, context.isSmall ? 2 : 20);
      rows.push(rowOf(`${name}, ms`, times));
      targets.push(atMost(`${name}, a year against what lives`, times.year / times.living, 1.25, "×"));
    }
    rows.push(sizes);
    const [, , year] = scenes;
    if (year === undefined) throw new Error("There is no year.");
    context.say("the pruner");
    const pruned = await prune(year, context);
    rows.push(pruned.row);
    targets.push(atLeast("workspaces that the pruner removes", pruned.perHour, 1_000, "/h"));
    return { setup: setupOf(context.isSmall), rows, targets };
  } finally {
    for (const { pool, database } of scenes) {
      await pool.end();
      await database.drop();
    }
  }
}

function setupOf(isSmall: boolean): string {
  const { people, templates, liveWorkspaces, deletedWorkspaces, logLines } = sizeOf("year", isSmall);
  const count = (value: number): string => value.toLocaleString("en-US");
  return (
    `A generated year of ${people} people with ${templates} templates: ${count(liveWorkspaces)} living and ` +
    `${count(deletedWorkspaces)} deleted workspaces, ${count(logLines)} log lines, nothing of it pruned; beside it what lives ` +
    "with a day of history, and a deployment as it begins. Medians in turn over the three; the pages of lists have 50 entries. " +
    `Claims with a job by ${claimers} claimers.`
  );
}

export const history: Benchmark = { id: "B11", title: "A year of history", run };
