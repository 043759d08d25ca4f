import type pg from "pg";
import { Client } from "../src/client/client.ts";
import { sleep } from "../src/platform/sleep.ts";
import { atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { startChild } from "./harness/child-process.ts";
import { summarize } from "./harness/percentiles.ts";
import { type ScriptedDaemon, startScriptedDaemon } from "./harness/scripted-daemon.ts";
import { type Person, type SeededPool, seedPeople, seedTemplates } from "./harness/seed.ts";
import type { ServerMessage, ServerStarted } from "./harness/server-role.ts";

const poolSize = 10;
const lookEveryMs = 10;
const fullWithinMs = 30_000;
const takenWithinMs = 10_000;

async function waitUntilFull(pool: pg.Pool, of: SeededPool): Promise<void> {
  const endMs = performance.now() + fullWithinMs;
  for (;;) {
    const { rows } = await pool.query<{ ready: number }>(
      "select count(*)::int as ready from prebuilds where preset_id = $1 and state = 'ready'",
      [of.presetId],
    );
    if (rows[0]?.ready === poolSize) return;
    if (performance.now() > endMs) throw new Error(`The pool has ${rows[0]?.ready} ready prebuilds, and stays there.`);
    await sleep(lookEveryMs);
  }
}

interface Samples {
  readonly answeredMs: number[];
  readonly refilledMs: number[];
}

/** Claims one, and takes the time until the daemon holds the job of the one that replaces it. */
async function claimOnce(
  client: Client,
  daemon: ScriptedDaemon,
  body: { name: string; template: string },
): Promise<{
  readonly answeredMs: number;
  readonly refilledMs: number;
}> {
  const begun = performance.now();
  const taken = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("No refill was taken.")), takenWithinMs);
    daemon.onTaken = (job) => {
      if (job.work.kind !== "build" || job.work.stage !== "prebuild") return;
      clearTimeout(timer);
      resolve(performance.now() - begun);
    };
  });
  const { outcome } = await client.call("createWorkspace", { body: { ...body, preset: "standard" } });
  const answeredMs = performance.now() - begun;
  if (outcome !== "claimed") throw new Error("A full pool served a cold creation.");
  return { answeredMs, refilledMs: await taken };
}

async function measure(
  context: BenchContext,
  scene: { readonly pool: pg.Pool; readonly from: SeededPool; readonly person: Person; readonly server: ServerStarted },
): Promise<Samples> {
  const samples: Samples = { answeredMs: [], refilledMs: [] };
  const daemon = await startScriptedDaemon(scene.server.url, scene.server.daemonKey);
  const client = new Client({ url: scene.server.url, token: scene.person.secret });
  const warmUp = context.isSmall ? 1 : 20;
  const claims = context.isSmall ? 5 : 200;
  try {
    for (let nth = 0; nth < warmUp + claims; nth += 1) {
      await waitUntilFull(scene.pool, scene.from);
      const once = await claimOnce(client, daemon, { name: `w${nth}`, template: scene.from.templateName });
      if (nth < warmUp) continue;
      samples.answeredMs.push(once.answeredMs);
      samples.refilledMs.push(once.refilledMs);
    }
    await waitUntilFull(scene.pool, scene.from);
  } finally {
    await daemon.stop();
  }
  return samples;
}

async function run(context: BenchContext): Promise<Outcome> {
  const database = await context.postgres.createDatabase("b7");
  const pool = await database.openPool(1);
  const child = startChild("server");
  try {
    const [person] = await seedPeople(pool, 1);
    const [from] = await seedTemplates(pool, { count: 1, prefix: "refill-", instances: poolSize, preset: "active" });
    if (person === undefined || from === undefined) throw new Error("Seeding made nothing.");
    const flags = {
      "http-port": "0",
      "http-creations-per-minute": "0",
      "provisioner-builtin": "false",
      "pg-url": database.url,
    };
    const server = await child.ask<ServerStarted>({ kind: "start", flags } satisfies ServerMessage);
    const samples = await measure(context, { pool, from, person, server });
    const refilled = summarize(samples.refilledMs);
    const answered = summarize(samples.answeredMs);
    return {
      setup:
        "A claim of one of 10 over HTTP, and the time from the request to the moment in which a daemon that polls over HTTP " +
        "holds the job of its replacement. Agents are scripted and ready at once; every claim leaves a job of its own besides.",
      rows: [
        { case: "request to refill job taken", values: { ...refilled } },
        { case: "request to answer", values: { ...answered } },
      ],
      targets: [atMost("request to refill job taken, p99", refilled.p99Ms, 100, "ms")],
    };
  } finally {
    await child.stop();
    await pool.end();
    await database.drop();
  }
}

export const refill: Benchmark = { id: "B7", title: "Refill", run };
