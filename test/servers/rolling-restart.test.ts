// Three servers behind a load balancer are restarted one after the other, by SIGTERM, while people work.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { BalancedServers } from "../support/balanced-servers.ts";
import { insist, RollingLoad, type Told } from "../support/rolling-load.ts";
import { waitUntil } from "../support/wait-until.ts";

const servers = 3;
const daemons = ["daemon-1", "daemon-2"];
const instances = 4;
const kept = 4;
const lookers = 4;
/** Longer than two looks of the balancer, which come every second. */
const stopDelay = "3s";
const backWithinMs = 10_000;
const hourMs = 3_600_000;
const quietMs = 3_000;
const goneWithinMs = 30_000;
const limitMs = 300_000;
const handOverFile = "hand-over.log";

let system: BalancedServers;
let admin: Client;

beforeAll(async () => {
  system = await BalancedServers.start(servers, { PREWARM_HTTP_STOP_DELAY: stopDelay });
  admin = await system.signIn();
  for (const name of daemons) await system.startDaemon(name, admin);
  await publish();
}, limitMs);
afterAll(async () => system.close(), limitMs);

async function publish(): Promise<void> {
  const folder = path.join(system.system.folder, "template");
  mkdirSync(folder);
  const manifest = `driver: process
presets: [{ name: standard, default: true, prebuilds: { instances: ${instances} } }]
agents:
  - name: main
    hooks: { claim: { run: 'echo "$PREWARM_OWNER $PREWARM_WORKSPACE_NAME" >> "$HOME/${handOverFile}"' } }
`;
  writeFileSync(path.join(folder, "template.yaml"), manifest);
  await admin.call("pushTemplate", { params: { template: "worked" }, bytes: (await packFolder(folder)).bytes });
}

async function eligible(): Promise<number> {
  const { pools } = await admin.call("listPools", {});
  return pools.find(({ template }) => template === "worked")?.eligible ?? 0;
}

const agentOf = async (workspaceId: string) =>
  (await admin.call("getWorkspace", { params: { workspace: workspaceId } })).agents[0];

/** The process that runs commands, and when it began: another one after a restart of the workspace. */
const processOf = async (load: RollingLoad, told: Told): Promise<string> =>
  await load.run(told, `echo "$PPID $(cut -d' ' -f22 /proc/$PPID/stat)"`);

interface Watched {
  readonly told: Told;
  heardMs: number;
  longestSilenceMs: number;
}

function heard(watched: Watched): void {
  const nowMs = performance.now();
  watched.longestSilenceMs = Math.max(watched.longestSilenceMs, nowMs - watched.heardMs);
  watched.heardMs = nowMs;
}

function linesOf(told: Told): readonly string[] {
  for (const daemon of daemons) {
    try {
      const file = path.join(system.homeOf(daemon, told.workspaceId), handOverFile);
      return readFileSync(file, "utf8").split("\n").filter(Boolean);
    } catch {
      // It is another daemon's.
    }
  }
  return [];
}

/** As everybody's streams say, which look by themselves every five seconds. */
async function streamsShow(mine: readonly Told[], seen: ReadonlyMap<string, number | null>, ttlMs: number) {
  for (const { workspaceId } of mine) {
    await insist(() => admin.call("setWorkspaceSchedule", { params: { workspace: workspaceId }, body: { ttlMs } }));
  }
  await waitUntil(
    "each stream shows what was changed after the restart",
    () => mine.every(({ name }) => seen.get(name) === ttlMs),
    backWithinMs,
  );
}

async function agentsAreBack(mine: readonly Told[]): Promise<void> {
  await waitUntil(
    "the agents of everybody's workspaces are connected",
    async () => {
      const agents = await Promise.all(mine.map(async ({ workspaceId }) => await agentOf(workspaceId)));
      return agents.every((agent) => agent?.isConnected);
    },
    backWithinMs,
  );
  await waitUntil(
    "no server differs from what the database says",
    async () => {
      const { findings } = await admin.call("doctor", {});
      return findings.filter(({ check }) => check === "servers").every(({ severity }) => severity === "ok");
    },
    backWithinMs,
  );
}

test(
  "all servers are restarted in turn under load: nothing accepted is lost or done twice, and everything goes on",
  async () => {
    await waitUntil("the pool is full", async () => (await eligible()) === instances, limitMs);
    const load = new RollingLoad(admin, "worked");
    onTestFinished(() => load.stop());
    const mine: Told[] = [];
    for (let nth = 0; nth < kept; nth += 1) mine.push(await load.create(`kept-${nth}`, "wait"));
    const before = await Promise.all(mine.map(async (told) => await processOf(load, told)));
    const commands: Watched[] = mine.map((told) => ({ told, heardMs: performance.now(), longestSilenceMs: 0 }));
    for (const watched of commands) load.keepCommand(watched.told, () => heard(watched));
    const seen = new Map<string, number | null>();
    for (const told of mine) load.follow(told, ({ ttlMs }) => seen.set(told.name, ttlMs));
    load.comeAndGo("warm", "prefer_warm");
    load.comeAndGo("waits", "wait");
    for (let nth = 0; nth < lookers; nth += 1) load.look();
    load.comeAndGo("waits-too", "wait");
    await sleep(quietMs);

    for (let nth = 0; nth < servers; nth += 1) {
      expect(await system.restart(nth), system.output(nth)).toBe(0);
      await agentsAreBack(mine);
      await streamsShow(mine, seen, (nth + 2) * hourMs);
      await sleep(quietMs);
    }
    await load.stop();
    expect(load.faults).toEqual([]);
    for (const { longestSilenceMs } of commands) expect(longestSilenceMs).toBeLessThan(backWithinMs);
    // The balancer knew before anything was refused: only what waited was told to come again. A connection that rested
    // is closed in the end, and a request that had just been sent over it came again as well.
    const refused = load.setbacks.filter(
      ({ what, code }) => code !== "transient" && !["exec", "create wait"].includes(what),
    );
    expect(refused).toEqual([]);

    await existOnce(load.told);
    expect(await Promise.all(mine.map(async (told) => await processOf(load, told)))).toEqual(before);
    for (const told of mine) {
      expect(linesOf(told)).toEqual([`admin ${told.name}`]);
      const { status, latestBuild } = await admin.call("getWorkspace", { params: { workspace: told.workspaceId } });
      expect({ status, transition: latestBuild.transition }).toEqual({ status: "running", transition: "start" });
    }
    await nothingFailed();
  },
  limitMs,
);

/** Each creation that was answered is there, and no second one of its key; what was deleted goes. */
async function existOnce(told: readonly Told[]): Promise<void> {
  const wanted = told.map(({ name, workspaceId }) => `${name} ${workspaceId}`).toSorted();
  let living: readonly string[] = [];
  const isSo = async (): Promise<boolean> => {
    const { workspaces } = await admin.call("listWorkspaces", { query: { limit: 200 } });
    living = workspaces.map(({ name, id }) => `${name} ${id}`).toSorted();
    return JSON.stringify(living) === JSON.stringify(wanted);
  };
  await waitUntil("what was created is there, and what was deleted is not", isSo, goneWithinMs).catch(() => undefined);
  expect(living).toEqual(wanted);
}

async function nothingFailed(): Promise<void> {
  const { jobs } = await admin.call("listJobs", { query: { status: "failed", limit: 100 } });
  expect(jobs).toEqual([]);
  const { entries } = await admin.call("listAudit", { query: { limit: 100 } });
  expect(entries.filter(({ action }) => /lost|missing/.test(action))).toEqual([]);
  await waitUntil("the pool is full again", async () => (await eligible()) === instances, 60_000);
  const { findings } = await admin.call("doctor", {});
  expect(findings.filter(({ severity }) => severity !== "ok")).toEqual([]);
}
