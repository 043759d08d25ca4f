import type pg from "pg";
import { tunnelPath } from "../src/contracts/tunnel.ts";
import type { WorkspaceId } from "../src/contracts/ids.ts";
import { Client } from "../src/client/client.ts";
import { mapBounded, valuesOf } from "../src/platform/bounded.ts";
import { sleep } from "../src/platform/sleep.ts";
import { atLeast, atMost, type BenchContext, type Benchmark, type Outcome } from "./harness/benchmark.ts";
import { type Child, startChild } from "./harness/child-process.ts";
import { seedPeople, seedPrebuilds, seedTemplates, settleTables } from "./harness/seed.ts";
import type { ServerMessage, ServerStarted, ServerStats } from "./harness/server-role.ts";
import type { StreamsMessage } from "./harness/streams-role.ts";
import { connectAgents, count, unconnected } from "./harness/unconnected-agents.ts";

/** A megabit a second for each stream. */
const [beatBytes, beatMs] = [25_000, 200];
const usableWithinMs = 120_000;
const lookMs = 500;
const claimsAtOnce = 8;

const flags = {
  "http-port": "0",
  "http-creations-per-minute": "0",
  // All streams come from here.
  "http-connections-per-address": "4000",
  "http-held-per-address": "4000",
  "http-tunnels-per-person": "4000",
  "http-openings-per-minute": "0",
  "provisioner-builtin": "false",
  "pg-conn-max-idle": "10",
  "prebuilds-in-flight-per-preset": "1",
};

async function run(context: BenchContext): Promise<Outcome> {
  const [size, seconds] = context.isSmall ? [4, 2] : [500, 30];
  const database = await context.postgres.createDatabase("b17");
  const pool = await database.openPool(2);
  const children: Child[] = [];
  try {
    const [person] = await seedPeople(pool, 1);
    const [from] = await seedTemplates(pool, { count: 1, prefix: "many-", instances: size, preset: "active" });
    if (person === undefined || from === undefined) throw new Error("Nothing was seeded.");
    await seedPrebuilds(pool, { presetIds: [from.presetId], perPreset: size });
    const agents = await unconnected(pool);
    // No daemon has a claim's job to do: it is the agents' hand-over that makes them usable.
    await pool.query("update template_versions set claim_effect = 'none'");
    await settleTables(pool);
    const [server, program, client] = [startChild("server"), startChild("streams"), startChild("streams")];
    children.push(server, program, client);
    const start = { kind: "start", flags: { ...flags, "pg-url": database.url } } satisfies ServerMessage;
    const { url } = await server.ask<ServerStarted>(start);
    context.say(`${size} agents connect`);
    await connectAgents(pool, { agents, url, children });
    context.say(`${size} workspaces are claimed`);
    const api = new Client({ url, token: person.secret });
    const claimed = await mapBounded(agents, claimsAtOnce, async (_, nth) => {
      const body = { name: `many-${nth}`, template: from.templateName };
      return (await api.call("createWorkspace", { body })).workspace.id as WorkspaceId;
    });
    const ids = valuesOf(claimed);
    await handedOver(pool, size);
    const port = await program.ask<number>({ kind: "listen" } satisfies StreamsMessage);
    const urls = ids.map((id) => `${url.replace(/^http/, "ws")}${tunnelPath(id)}`);
    context.say(`${2 * size} streams open`);
    const many = { kind: "many", urls, token: person.secret, port, beatBytes, beatMs } satisfies StreamsMessage;
    const opened = await client.ask<number>(many);
    await sleep(context.isSmall ? lookMs : 10 * lookMs);
    const before = await client.ask<number>({ kind: "sent" } satisfies StreamsMessage);
    await server.ask<ServerStats>({ kind: "stats" } satisfies ServerMessage);
    const begun = performance.now();
    context.say(`they carry a megabit a second each, for ${seconds} s`);
    await sleep(seconds * 1_000);
    const stats = await server.ask<ServerStats>({ kind: "stats" } satisfies ServerMessage);
    const sent = (await client.ask<number>({ kind: "sent" } satisfies StreamsMessage)) - before;
    const elapsedMs = performance.now() - begun;
    const MBps = sent / elapsedMs / 1_000;
    const cpuPercent = (stats.cpuMs / elapsedMs) * 100;
    const { residentMiB, loopDelayP99Ms } = stats;
    const values = {
      streams: opened,
      MBps,
      serverCpuPercent: cpuPercent,
      serverResidentMiB: residentMiB,
      loopDelayP99Ms,
    };
    return {
      setup: `Real agents, ${size} in one process, and two streams into each of their workspaces, which a second process opens and a third receives; ${beatBytes} bytes each ${beatMs} ms over each of them, towards the workspace.`,
      rows: [{ case: `${size} workspaces`, values }],
      targets: [
        atMost("processor of the server", cpuPercent, 100, "%"),
        atMost("memory of the server", residentMiB, 512, "MiB"),
        atLeast("carried, of a megabit a second each", MBps / ((opened * beatBytes) / beatMs / 1_000), 0.9, "×"),
      ],
    };
  } finally {
    for (const child of children.toReversed()) await child.stop();
    await pool.end();
    await database.drop();
  }
}

async function handedOver(pool: pg.Pool, size: number): Promise<void> {
  const endMs = performance.now() + usableWithinMs;
  while ((await count(pool, "select count(*) from prebuilds where handed_over_at is not null")) < size) {
    if (performance.now() > endMs) throw new Error("The claimed workspaces were not handed over in time.");
    await sleep(lookMs);
  }
}

export const manyStreams: Benchmark = { id: "B17", title: "Many streams", run };
