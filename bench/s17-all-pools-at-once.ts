import { systemRandom } from "../src/platform/random.ts";
import { sleep } from "../src/platform/sleep.ts";
import { Client } from "../src/client/client.ts";
import type pg from "pg";
import { atMost, type BenchContext, type Benchmark, type Outcome, type Row, type Target } from "./harness/benchmark.ts";
import { type Child, startChild } from "./harness/child-process.ts";
import type { DaemonOfServer, DaemonsMessage, TakenJob } from "./harness/daemons-role.ts";
import { type Answered, HttpConnection, postRequest } from "./harness/http-connection.ts";
import { type Summary, summarize } from "./harness/percentiles.ts";
import { type Person, seedPeople, seedTemplates } from "./harness/seed.ts";
import type { ServerMessage, ServerStarted } from "./harness/server-role.ts";

const serverCount = 4;
const connectionsEach = 10;
/** Beside its pool each server has one on which it hears the news. */
const listenersEach = 1;
const peopleCount = 50;
/** More than the jobs that are taken at once: one of them is free whenever a job is there to be taken. */
const pollersEach = 8;
const lookMs = 50;
const fullWithinMs = 300_000;
const leaseWithinMs = 1_000;
/** As B2's goal for a person's request beside a cycle. */
const ratioAim = 2;

interface Size {
  readonly pools: number;
  readonly instances: number;
  readonly idleSeconds: number;
  /** Before idle is measured, and for what was asked for last to be taken. */
  readonly quietMs: number;
  /** Of all people together. */
  readonly perSecond: number;
}

interface Scene {
  readonly pool: pg.Pool;
  readonly urls: readonly string[];
  readonly people: readonly Person[];
  readonly daemons: Child;
  readonly coldTemplate: string;
}

/** People who create at a steady rate, each over a connection of his own, until it is over; times from when one was due. */
async function creationsUntil(scene: Scene, wanted: Size & { readonly prefix: string }, over: Promise<unknown>) {
  const connections = await Promise.all(
    scene.people.map(async (_, nth) => {
      const { hostname, port } = new URL(scene.urls[nth % scene.urls.length] ?? "");
      return { host: hostname, connection: await HttpConnection.open(hostname, Number(port)), tail: Promise.resolve() };
    }),
  );
  const samples: number[] = [];
  const answered = new Map<string, number>();
  let isOver = false;
  const ended = over.finally(() => {
    isOver = true;
  });
  const asked: Promise<void>[] = [];
  const begunMs = performance.now();
  for (let nth = 0; !isOver; nth += 1) {
    const dueMs = begunMs + (nth / wanted.perSecond) * 1_000;
    await sleep(Math.max(0, dueMs - performance.now()));
    const at = connections[nth % connections.length];
    const secret = scene.people[nth % connections.length]?.secret ?? "";
    if (at === undefined) break;
    const body = { name: `${wanted.prefix}-${nth}`, template: scene.coldTemplate };
    const request = postRequest({ host: at.host, path: "/api/v1/workspaces", secret, body });
    const done = at.tail.then(async () => {
      const answer = await new Promise<Answered | Error>((resolve) => at.connection.send(request, resolve));
      if (answer instanceof Error) throw answer;
      if (answer.status !== 201) throw new Error(`A creation was answered ${answer.status}: ${answer.body}`);
      answered.set(body.name, performance.timeOrigin + performance.now());
      samples.push(performance.now() - dueMs);
    });
    at.tail = done;
    asked.push(done);
  }
  await Promise.all([ended, ...asked]).finally(() => {
    for (const { connection } of connections) connection.close();
  });
  return { ...summarize(samples), answered };
}

async function number(pool: pg.Pool, text: string): Promise<number> {
  const { rows } = await pool.query<{ number: number }>(`select (${text})::float8 as number`);
  return rows[0]?.number ?? Number.NaN;
}

/** Looks often until it is so, and at the connections that the servers have. @returns after how long, and the most of them */
async function untilCount(scene: Scene, text: string, wanted: number) {
  const begunMs = performance.now();
  let connectionsMax = 0;
  for (;;) {
    // What looks is not counted.
    const connections = await number(
      scene.pool,
      `select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
      and pid <> pg_backend_pid()`,
    );
    connectionsMax = Math.max(connectionsMax, connections);
    const elapsedMs = performance.now() - begunMs;
    if ((await number(scene.pool, text)) >= wanted) return { elapsedMs, connectionsMax };
    if (elapsedMs > fullWithinMs) throw new Error(`Waited ${fullWithinMs} ms in vain for: ${text} = ${wanted}.`);
    await sleep(lookMs);
  }
}

/** From the answer to a creation, which comes right after its commit, until a daemon had its job: zero when it had it before. */
async function leaseTimes(scene: Scene, answered: ReadonlyMap<string, number>): Promise<Summary> {
  const taken = await scene.daemons.ask<readonly TakenJob[]>({ kind: "taken" } satisfies DaemonsMessage);
  const times = taken.flatMap(({ workspace, atMs }) => {
    const sinceMs = answered.get(workspace);
    return sinceMs === undefined ? [] : [Math.max(0, atMs - sinceMs)];
  });
  if (times.length < answered.size) throw new Error(`${answered.size - times.length} jobs were not taken.`);
  return summarize(times);
}

interface Measured {
  readonly row: Row;
  readonly targets: readonly Target[];
}

async function measure(scene: Scene, size: Size, news: string): Promise<Measured> {
  const [first] = scene.urls;
  const admin = new Client({ url: first ?? "", token: scene.people[0]?.secret });
  await admin.call("disablePrebuilds", {});
  await seedTemplates(scene.pool, {
    count: size.pools,
    prefix: "pool-",
    instances: size.instances,
    preset: "active",
  });
  await creationsUntil(scene, { ...size, prefix: "warm" }, sleep(size.quietMs));
  const idle = await creationsUntil(scene, { ...size, prefix: "idle" }, sleep(size.idleSeconds * 1_000));
  await sleep(size.quietMs);
  const idleLease = await leaseTimes(scene, idle.answered);
  const all = size.pools * size.instances;
  await admin.call("enablePrebuilds", {});
  const created = untilCount(scene, "select count(*) from prebuilds", all);
  const full = untilCount(scene, "select count(*) from prebuilds where state = 'ready'", all);
  const beside = await creationsUntil(scene, { ...size, prefix: "beside" }, full);
  // Those that were asked for last are on their way.
  await sleep(size.quietMs);
  const lease = await leaseTimes(scene, beside.answered);
  const { elapsedMs: createdMs } = await created;
  const { elapsedMs: fullMs, connectionsMax } = await full;
  const p50Ratio = beside.p50Ms / idle.p50Ms;
  const p99Ratio = beside.p99Ms / idle.p99Ms;
  const values = {
    createdMs,
    fullMs,
    requests: beside.count,
    idleP50Ms: idle.p50Ms,
    idleP99Ms: idle.p99Ms,
    besideP50Ms: beside.p50Ms,
    besideP99Ms: beside.p99Ms,
    p50Ratio,
    p99Ratio,
    idleLeaseMaxMs: idleLease.maxMs,
    leaseP50Ms: lease.p50Ms,
    leaseP99Ms: lease.p99Ms,
    leaseMaxMs: lease.maxMs,
    connectionsMax,
  };
  const budget = serverCount * (connectionsEach + listenersEach);
  const named = `wake-ups ${news}`;
  return {
    row: { case: `${size.pools} pools × ${size.instances}, ${named}`, values },
    targets: [
      atMost(`${named}: p50 of a person's creation beside it, against idle`, p50Ratio, ratioAim, "×"),
      atMost(`${named}: p99 of a person's creation beside it, against idle`, p99Ratio, ratioAim, "×"),
      atMost(`${named}: from a person's job to a free daemon's having it`, lease.maxMs, leaseWithinMs, "ms"),
      atMost(`${named}: connections of all servers`, connectionsMax, budget, ""),
    ],
  };
}

async function withServers(context: BenchContext, size: Size, isMute: boolean): Promise<Measured> {
  const news = isMute ? "dropped" : "heard";
  context.say(`${size.pools} pools × ${size.instances} on ${serverCount} servers, wake-ups ${news}`);
  const database = await context.postgres.createDatabase(`s17_${news}`);
  const pool = await database.openPool(1);
  const children: Child[] = [];
  try {
    const people = await seedPeople(pool, peopleCount);
    await pool.query("update users set role = 'administrator' where username = $1", [people[0]?.username]);
    const [cold] = await seedTemplates(pool, { count: 1, prefix: "cold-", instances: 0, preset: "outdated" });
    if (cold === undefined) throw new Error("Seeding made nothing.");
    const flags = {
      "http-port": "0",
      "http-creations-per-minute": "0",
      "provisioner-builtin": "false",
      "state-key": systemRandom.bytes(32).toString("base64"),
      "pg-url": database.url,
      "pg-conn-max-open": String(connectionsEach),
      // Nothing holds the pools back but the servers themselves.
      "prebuilds-in-flight-per-preset": "0",
      "prebuilds-in-flight-total": "0",
      // Without wake-ups the pools are looked at this often: what is measured is what happens then.
      "prebuilds-reconciliation-interval": "2s",
    };
    const urls: string[] = [];
    for (let nth = 0; nth < serverCount; nth += 1) {
      const server = startChild("server");
      children.push(server);
      const started = await server.ask<ServerStarted>({ kind: "start", flags, isMute } satisfies ServerMessage);
      urls.push(started.url);
    }
    const admin = new Client({ url: urls[0] ?? "", token: people[0]?.secret });
    const keyed: DaemonOfServer[] = [];
    for (const [nth, url] of urls.entries()) {
      const name = `bench-${nth + 1}`;
      const { secret } = await admin.call("createDaemonKey", { body: { name } });
      keyed.push({ url, name, key: secret });
    }
    const daemons = startChild("daemons");
    children.push(daemons);
    await daemons.ask({ kind: "start", daemons: keyed, pollers: pollersEach } satisfies DaemonsMessage);
    const scene = { pool, urls, people, daemons, coldTemplate: cold.templateName };
    return await measure(scene, size, news);
  } finally {
    // The servers last: daemons that stop say so.
    for (const child of children.toReversed()) await child.stop();
    await pool.end();
    await database.drop();
  }
}

async function run(context: BenchContext): Promise<Outcome> {
  const size: Size = context.isSmall
    ? { pools: 4, instances: 2, idleSeconds: 1, quietMs: 1_100, perSecond: 20 }
    : { pools: 90, instances: 10, idleSeconds: 30, quietMs: 2_000, perSecond: 10 };
  const measured: Measured[] = [];
  for (const isMute of [false, true]) measured.push(await withServers(context, size, isMute));
  return {
    setup:
      `${serverCount} servers as processes of their own, with ${connectionsEach} connections each, on one PostgreSQL. Prebuilds ` +
      `are switched on for all pools at once, while ${peopleCount} people create ${size.perSecond} workspaces a second, built cold, ` +
      `each over a connection to one of the servers; timed from when a request was due. ${serverCount} scripted daemons of ` +
      `${pollersEach} slots take jobs and are done with them at once. Idle is the same without pools to fill.`,
    rows: measured.map(({ row }) => row),
    targets: measured.flatMap(({ targets }) => targets),
  };
}

export const allPoolsAtOnce: Benchmark = { id: "S17", title: "All pools at once, on four servers", run };
