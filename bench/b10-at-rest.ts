import type pg from "pg";
import { sleep } from "../src/platform/sleep.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row, type Target } from "./harness/benchmark.ts";
import { type Child, startChild } from "./harness/child-process.ts";
import { memoryOf, processorMsOf } from "./harness/process-memory.ts";
import { realAgents } from "./harness/real-agents.ts";
import { seedPeople, seedPrebuilds, seedTemplates, settleTables } from "./harness/seed.ts";
import type { ServerMessage, ServerStarted, ServerStats } from "./harness/server-role.ts";
import { connectAgents, count, unconnected } from "./harness/unconnected-agents.ts";

const lookMs = 500;
/** After the last agent is ready, the loops that heard of it come to rest. */
const settleMs = 20_000;
const agentMemoryAimMiB = 50;
/** Tables that say that somebody lives: a lease, a heartbeat. */
const leaseTables = new Set(["leases", "servers", "daemons"]);

const flags = {
  "http-port": "0",
  "provisioner-builtin": "false",
  "pg-conn-max-idle": "10",
  // Nothing is to be built or removed: what is measured is rest.
  "prebuilds-in-flight-per-preset": "1",
};

/** Rows written so far, by table. */
async function writes(pool: pg.Pool): Promise<ReadonlyMap<string, number>> {
  await pool.query("select pg_stat_clear_snapshot()");
  const { rows } = await pool.query<{ name: string; written: number }>(
    "select relname as name, n_tup_ins + n_tup_upd + n_tup_del as written from pg_stat_user_tables",
  );
  return new Map(rows.map(({ name, written }) => [name, Number(written)]));
}

interface Measured {
  readonly row: Row;
  readonly cpuPercent: number;
  readonly otherWritesPerMinute: number;
}

interface Scene {
  readonly pool: pg.Pool;
  readonly server: Child;
  readonly agents: readonly Child[];
}

async function measure(scene: Scene, size: number, seconds: number): Promise<Measured> {
  const { pool, server } = scene;
  const before = await writes(pool);
  const transactions = await count(
    pool,
    "select xact_commit as count from pg_stat_database where datname = current_database()",
  );
  const postgresMs = processorMsOf("postgres");
  await server.ask<ServerStats>({ kind: "stats" } satisfies ServerMessage);
  const begun = performance.now();
  await sleep(seconds * 1_000);
  const stats = await server.ask<ServerStats>({ kind: "stats" } satisfies ServerMessage);
  const elapsedMs = performance.now() - begun;
  const postgresPercent = ((processorMsOf("postgres") - postgresMs) / elapsedMs) * 100;
  const committed =
    (await count(pool, "select xact_commit as count from pg_stat_database where datname = current_database()")) -
    transactions;
  const perMinute = (rows: number): number => (rows / elapsedMs) * 60_000;
  const written = [...(await writes(pool))].map(([name, rows]) => [name, rows - (before.get(name) ?? 0)] as const);
  const sum = (wanted: (name: string) => boolean): number =>
    written.reduce((total, [name, rows]) => total + (wanted(name) ? rows : 0), 0);
  const others = written.filter(([name, rows]) => rows > 0 && !leaseTables.has(name)).map(([name]) => name);
  const otherWritesPerMinute = perMinute(sum((name) => !leaseTables.has(name)));
  const cpuPercent = (stats.cpuMs / elapsedMs) * 100;
  const values = {
    serverCpuPercent: cpuPercent,
    postgresCpuPercent: postgresPercent,
    transactionsPerSecond: (committed / elapsedMs) * 1_000,
    leaseRowsPerMinute: perMinute(sum((name) => leaseTables.has(name))),
    otherRowsPerMinute: otherWritesPerMinute,
    ...(others.length === 0 ? {} : { otherTables: others.join(", ") }),
    serverResidentMiB: stats.residentMiB,
    loopDelayP99Ms: stats.loopDelayP99Ms,
  };
  return { row: { case: `${size} workspaces`, values }, cpuPercent, otherWritesPerMinute };
}

async function atSize(context: BenchContext, size: number, seconds: number): Promise<Measured> {
  const database = await context.postgres.createDatabase(`b10_${size}`);
  const pool = await database.openPool(2);
  const children: Child[] = [];
  try {
    await seedPeople(pool, 1);
    const pools = Math.max(1, Math.ceil(size / 100));
    const seeded = await seedTemplates(pool, {
      count: pools,
      prefix: "rest-",
      instances: Math.ceil(size / pools),
      preset: "active",
    });
    await seedPrebuilds(pool, {
      presetIds: seeded.map(({ presetId }) => presetId),
      perPreset: Math.ceil(size / pools),
    });
    const agents = await unconnected(pool);
    await settleTables(pool);
    const server = startChild("server");
    children.push(server);
    const { url } = await server.ask<ServerStarted>({
      kind: "start",
      flags: { ...flags, "pg-url": database.url },
    } satisfies ServerMessage);
    context.say(`${agents.length} agents connect`);
    await connectAgents(pool, { agents, url, children });
    context.say(`${agents.length} workspaces rest for ${seconds} s`);
    await sleep(context.isSmall ? lookMs : settleMs);
    return await measure({ pool, server, agents: children }, agents.length, seconds);
  } finally {
    // The server last: agents that stop say so.
    for (const child of children.toReversed()) await child.stop();
    await pool.end();
    await database.drop();
  }
}

async function run(context: BenchContext): Promise<Outcome> {
  const sizes = context.isSmall ? [10] : [0, 1_000, 5_000];
  const seconds = context.isSmall ? 2 : 120;
  const measured: Measured[] = [];
  for (const size of sizes) measured.push(await atSize(context, size, seconds));
  const rows = measured.map((one) => one.row);
  const targets: Target[] = measured.flatMap((one) => [
    atMost(`${one.row.case}: the server's processor time`, one.cpuPercent, 2, "% of a core"),
    atMost(`${one.row.case}: rows written beside leases`, one.otherWritesPerMinute, 0, "a minute"),
  ]);
  const agentProcesses = await realAgents(context, context.isSmall ? 2 : 32);
  try {
    await sleep(context.isSmall ? lookMs : settleMs);
    const memory = agentProcesses.processIds.map(memoryOf);
    const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    const residentMiB = mean(memory.map((one) => one.residentMiB));
    const ownMiB = mean(memory.map((one) => one.ownMiB));
    rows.push({
      case: `agents as processes of their own (${memory.length})`,
      values: { agentResidentMiB: residentMiB, agentOwnMiB: ownMiB },
    });
    targets.push(atMost("memory of an agent, without what it shares", ownMiB, agentMemoryAimMiB, "MiB"));
  } finally {
    await agentProcesses.stop();
  }
  return {
    setup:
      "Ready prebuilds in pools of 100, whose agents are connected and do nothing: the real agent, a thousand in a process, " +
      `against the server as a process of its own, for ${seconds} s. Rows written by table from PostgreSQL's own statistics. ` +
      "Memory of agents: of 32 that run as the process driver runs them.",
    rows,
    targets,
  };
}

export const atRest: Benchmark = { id: "B10", title: "At rest", run };
