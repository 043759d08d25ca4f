// Case 176: the database of two servers is away for 25 s. Agents, servers and daemons live on, and all of it is the
// deployment's own outage: nothing healthy may be taken for lost when it is back.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const prebuilds = 20;
const outageMs = 25_000;
const claimableWithinMs = 10_000;
const testLimitMs = 240_000;

let system: SeveralServers;
let one: ServerUnit;
let other: ServerUnit;

beforeAll(async () => {
  system = await SeveralServers.start();
  one = await system.addServer("one");
  other = await system.addServer("other");
}, testLimitMs);
afterAll(async () => system.close(), testLimitMs);

async function publish(admin: Client): Promise<void> {
  const folder = path.join(system.folder, "template");
  mkdirSync(folder);
  const preset = `{ name: standard, default: true, prebuilds: { instances: ${prebuilds} } }`;
  writeFileSync(
    path.join(folder, "template.yaml"),
    `driver: process\npresets: [${preset}]\nagents: [{ name: main }]\n`,
  );
  await admin.call("pushTemplate", { params: { template: "resting" }, bytes: (await packFolder(folder)).bytes });
}

async function eligible(admin: Client): Promise<number> {
  const { pools } = await admin.call("listPools", {});
  return pools.find(({ template }) => template === "resting")?.eligible ?? 0;
}

async function prebuildIds(admin: Client): Promise<readonly string[]> {
  const { prebuilds: rows } = await admin.call("listPrebuilds", { query: { template: "resting", limit: 100 } });
  return rows.map(({ workspaceId }) => workspaceId).toSorted();
}

const statusOf = async ({ url }: ServerUnit): Promise<number> =>
  (await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(5_000) })).status;

test(
  "after 25 s without the database every prebuild of both servers is claimable within 10 s, and none was replaced",
  async () => {
    await publish(one.admin);
    await waitUntil("the pool is full", async () => (await eligible(one.admin)) === prebuilds, testLimitMs);
    await waitUntil("both servers hold agents, and say so", async () => {
      const { servers } = await one.admin.call("doctor", {});
      return (
        servers.length === 2 &&
        servers.every(({ agentsHeld, agentsListed }) => agentsHeld > 0 && agentsHeld === agentsListed)
      );
    });
    const before = await prebuildIds(one.admin);
    expect(before).toHaveLength(prebuilds);

    await system.postgres.stop();
    for (const server of [one, other]) {
      await waitUntil("it is not ready, and says so", async () => (await statusOf(server)) === 503);
    }
    await sleep(outageMs);
    await system.postgres.start();

    const backMs = performance.now();
    await waitUntil(
      "all of them are claimable",
      async () => (await eligible(one.admin).catch(() => 0)) === prebuilds,
      claimableWithinMs,
    );
    expect(performance.now() - backMs).toBeLessThan(claimableWithinMs);
    for (const server of [one, other]) {
      await waitUntil("it is ready again", async () => (await statusOf(server)) === 200, claimableWithinMs);
    }
    // What an outage sets off would show by now: ten seconds make a server lost.
    const untilMs = backMs + 20_000;
    while (performance.now() < untilMs) {
      expect(await eligible(other.admin)).toBe(prebuilds);
      await sleep(500);
    }
    expect(await prebuildIds(other.admin)).toEqual(before);
    const { findings } = await other.admin.call("doctor", {});
    expect(findings.filter(({ severity }) => severity !== "ok")).toEqual([]);
  },
  testLimitMs,
);

test(
  "a server that is killed takes nothing with it that can reach another, and the doctor says that it is gone",
  async () => {
    other.process.child.kill("SIGKILL");
    await other.process.exited;
    await waitUntil(
      "the doctor says so",
      async () => {
        const { findings } = await one.admin.call("doctor", {});
        return findings.some(
          ({ severity, message }) => severity === "warning" && message.includes("has not been heard of"),
        );
      },
      claimableWithinMs * 3,
    );
    await waitUntil("and that its prebuilds cannot be claimed", async () => {
      const { findings } = await one.admin.call("doctor", {});
      return findings.some(({ check, severity }) => check === "agents" && severity === "warning");
    });
    // Its agents know no other address than its own: with it back at its place they are claimable again.
    const port = new URL(other.url).port;
    other = await system.addServer("other", { env: { PREWARM_HTTP_PORT: port } });
    await waitUntil("all are claimable again", async () => (await eligible(one.admin)) === prebuilds, 30_000);
  },
  testLimitMs,
);
