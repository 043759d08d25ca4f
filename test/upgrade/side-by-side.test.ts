// An upgrade of a deployment that is in use: servers, daemons and agents of two releases side by side on one database.
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../chaos/system/free-port.ts";
import { runCommand } from "../../chaos/load/run-command.ts";
import type { Client } from "../../src/client/client.ts";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import { tunnelPath } from "../../src/contracts/tunnel.ts";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import { previousRelease } from "../support/previous-release.ts";
import { RollingLoad } from "../support/rolling-load.ts";
import { type ServerUnit, SeveralServers } from "../support/several-servers.ts";
import { waitUntil } from "../support/wait-until.ts";

const instances = 2;
/** A hand-over that nobody was told of would wait for the agent's own question, 60 s of a new one. */
const usableWithinMs = 10_000;
const backWithinMs = 10_000;
/** The old release takes a server for dead after 10 s of silence; lost agents show sooner. */
const quietMs = 20_000;
const buildWithinMs = 60_000;
const limitMs = 300_000;

/** Each daemon has a template of its own, by tags: its release, and at which server it works. */
const daemons = ["old-at-old", "new-at-old", "old-at-new", "new-at-new"] as const;
type Daemon = (typeof daemons)[number];

let old: string;
let system: SeveralServers;
let ports: readonly number[];
/** The one that is there, of the release before; in the end it is of this one. */
let first: ServerUnit;
/** The one that joins it, of this release. */
let second: ServerUnit;

beforeAll(async () => {
  old = previousRelease();
  system = await SeveralServers.start();
  ports = await freePorts(2);
  first = await startServer("first", 0, old);
}, limitMs);
afterAll(async () => system.close(), limitMs);

async function startServer(name: string, place: number, release?: string): Promise<ServerUnit> {
  const env = { PREWARM_HTTP_PORT: String(ports[place] ?? 0), PREWARM_PROVISIONER_BUILTIN: "false" };
  return await system.addServer(name, { env, ...(release === undefined ? {} : { release }) });
}

async function startDaemon(name: Daemon, { url, admin }: ServerUnit): Promise<void> {
  const release = name.startsWith("old") ? { release: old } : {};
  await system.addDaemon(name, { url, admin, tags: `of=${name}`, ...release });
  const folder = path.join(system.folder, `template-${name}`);
  mkdirSync(folder);
  const manifest = `driver: process
tags: { of: ${name} }
presets: [{ name: standard, default: true, prebuilds: { instances: ${instances} } }]
agents: [{ name: main, hooks: { claim: { run: 'echo "$PREWARM_OWNER" >> "$HOME/owners"' } } }]
`;
  writeFileSync(path.join(folder, "template.yaml"), manifest);
  await admin.call("pushTemplate", { params: { template: name }, bytes: (await packFolder(folder)).bytes });
}

async function readyIds(admin: Client, template?: Daemon): Promise<readonly string[]> {
  const { prebuilds } = await admin.call("listPrebuilds", { query: { limit: 100, ...(template ? { template } : {}) } });
  return prebuilds
    .filter(({ state }) => state === "ready")
    .map(({ workspaceId }) => workspaceId)
    .toSorted();
}

async function full(admin: Client, names: readonly Daemon[]): Promise<void> {
  for (const name of names) {
    const isFull = async (): Promise<boolean> => (await readyIds(admin, name)).length === instances;
    await waitUntil(`the pool of ${name} is full`, isFull, buildWithinMs);
  }
}

async function seen(admin: Client, id: string): Promise<Workspace> {
  return await admin.call("getWorkspace", { params: { workspace: id } });
}

/** A person's whole day with a workspace, each step through the one server or the other. */
async function use(template: Daemon, through: ServerUnit, other: ServerUnit): Promise<void> {
  const before = await readyIds(through.admin, template);
  const name = `of-${template}-${Math.round(performance.now())}`;
  const body = { name, template, mode: "warm_only", idempotencyKey: name } as const;
  const { workspace, outcome } = await through.admin.call("createWorkspace", { body });
  const { id } = workspace;
  expect({ outcome, isOld: before.includes(id) }).toEqual({ outcome: "claimed", isOld: true });
  const again = await other.admin.call("createWorkspace", { body });
  expect(again.workspace.id).toBe(id);
  await waitUntil("it is usable", async () => (await seen(other.admin, id)).isUsable, usableWithinMs);
  for (const server of [through, other]) {
    const { output } = await runCommand(server.admin, id, ["sh", "-c", 'cat "$HOME/owners"'], usableWithinMs);
    expect(output).toBe("admin\n");
    await getsIn(server, id);
  }
  await build(other, id, "stop");
  await build(through, id, "start");
  const { exitCode } = await runCommand(other.admin, id, ["true"], usableWithinMs);
  expect(exitCode).toBe(0);
  await build(through, id, "delete");
}

/** A person of this release, to an agent of either, by a server of either, perhaps by way of the other. */
async function getsIn({ url, admin }: ServerUnit, id: string): Promise<void> {
  const first = async (service: Parameters<typeof openTunnel>[0]["service"]): Promise<string> => {
    const address = `${url.replace("http", "ws")}${tunnelPath(id)}`;
    const stream = await openTunnel({ url: address, token: admin.token ?? "", agent: null, service });
    const [piece] = (await once(stream, "data")) as [Buffer];
    stream.destroy();
    return String(piece);
  };
  expect(await first({ kind: "ssh" })).toMatch(/^SSH-2\.0-Prewarm/);
  expect(JSON.parse(await first({ kind: "ports" }))).toHaveProperty("ports");
  const { terminals } = await admin.call("listTerminals", { params: { workspace: id }, query: {} });
  expect(terminals).toEqual([]);
}

async function build({ admin }: ServerUnit, id: string, transition: "start" | "stop" | "delete"): Promise<void> {
  await admin.call("createBuild", { params: { workspace: id }, body: { transition } });
  const is = { start: (one: Workspace) => one.isUsable, stop: (one: Workspace) => one.status === "stopped" };
  const done = async (): Promise<boolean> => {
    if (transition !== "delete") return is[transition](await seen(admin, id));
    const { workspaces } = await admin.call("listWorkspaces", { query: { limit: 100 } });
    return !workspaces.some((one) => one.id === id);
  };
  await waitUntil(`the ${transition} is done`, done, buildWithinMs);
}

/** Nothing was replaced, lost or blamed: not now, and not once what was missed would be noticed. */
async function staysAsItIs(servers: readonly ServerUnit[], ids: readonly string[]): Promise<void> {
  const endMs = performance.now() + quietMs;
  while (performance.now() < endMs) {
    for (const { admin } of servers) expect(await readyIds(admin)).toEqual(ids);
    await sleep(500);
  }
  for (const { admin } of servers) {
    const { findings } = await admin.call("doctor", {});
    expect(findings.filter(({ severity }) => severity !== "ok")).toEqual([]);
    const { jobs } = await admin.call("listJobs", { query: { status: "failed", limit: 100 } });
    expect(jobs).toEqual([]);
  }
}

describe.sequential("an upgrade from the release before", () => {
  test("its server serves daemons and agents of this release", { timeout: limitMs }, async () => {
    await startDaemon("old-at-old", first);
    await startDaemon("new-at-old", first);
    await full(first.admin, ["old-at-old", "new-at-old"]);
    for (const template of ["old-at-old", "new-at-old"] as const) await use(template, first, first);
    await full(first.admin, ["old-at-old", "new-at-old"]);
  });

  test("a server of this release migrates its database while people work, and nothing is touched", {
    timeout: limitMs,
  }, async () => {
    const before = await readyIds(first.admin, "old-at-old");
    const load = new RollingLoad(first.admin, "new-at-old");
    load.comeAndGo("comes-and-goes", "prefer_warm");
    const kept = await load.create("kept", "prefer_warm");
    let said = 0;
    load.keepCommand(kept, () => (said += 1));
    second = await startServer("second", 1);
    const saidBefore = said;
    await waitUntil("the command goes on", () => said > saidBefore + 2);
    await load.stop();
    expect({ faults: load.faults, setbacks: load.setbacks }).toEqual({ faults: [], setbacks: [] });
    expect(await readyIds(second.admin, "old-at-old")).toEqual(before);
    await build(first, kept.workspaceId, "delete");
  });

  test("both servers serve what daemons and agents of both releases have made", { timeout: limitMs }, async () => {
    await startDaemon("old-at-new", second);
    await startDaemon("new-at-new", second);
    await full(second.admin, daemons);
    for (const template of daemons) {
      await use(template, first, second);
      await use(template, second, first);
      await full(second.admin, [template]);
    }
    await full(second.admin, daemons);
  });

  test("side by side for a while nothing is replaced, and both find that all is well", {
    timeout: limitMs,
  }, async () => {
    await staysAsItIs([first, second], await readyIds(first.admin));
  });

  test("the old server is replaced at its place: its agents and daemons come back, of both releases", {
    timeout: limitMs,
  }, async () => {
    const before = await readyIds(second.admin);
    first.process.child.kill("SIGTERM");
    expect(await first.process.exited).toBe(0);
    first = await startServer("first", 0);
    await waitUntil(
      "all that was ready is ready",
      async () => JSON.stringify(await readyIds(second.admin)) === JSON.stringify(before),
      backWithinMs,
    );
    await staysAsItIs([first, second], before);
    for (const template of daemons) await use(template, second, first);
    await full(first.admin, daemons);
  });
});
