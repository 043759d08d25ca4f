// S15: daemons that are killed at every step, and things that exist without the database or only in it, over HTTP.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { packFolder } from "../../src/platform/archive/pack-folder.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { systemRandom } from "../../src/platform/random.ts";
import type { Driver } from "../../src/provisioner/driver.ts";
import { FakeDriver } from "../../src/provisioner/drivers/fake/fake-driver.ts";
import { ProcessDriver } from "../../src/provisioner/drivers/process/process-driver.ts";
import { buildContext } from "../support/build-context.ts";
import { bundleProgram } from "../support/bundled-program.ts";
import { cliBench } from "../support/cli-run.ts";
import { processesOf } from "../support/server-process.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

const drivers = ["fake", "process"] as const;
type DriverName = (typeof drivers)[number];

let programs: string;
let program: string;
beforeAll(async () => {
  programs = mkdtempSync(path.join(tmpdir(), "prewarm-killable-"));
  program = path.join(programs, "daemon.mjs");
  await bundleProgram("test/support/killable-daemon.ts", program);
});
afterAll(() => rmSync(programs, { recursive: true, force: true }));

let server: TestServer;
let folder: string;
let root: string;
let daemons: ChildProcess[];
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "prewarm-sweep-"));
  root = path.join(folder, "workspaces");
  daemons = [];
  server = await startTestServer({
    provisionerOrphanAgeMs: 0,
    prebuildsBackoffIntervalMs: 1,
    prebuildsFailureHardLimit: 0,
    prebuildsReconciliationIntervalMs: 200,
  });
});
afterEach(async () => {
  await Promise.all(daemons.map((daemon) => kill(daemon)));
  await server.stop();
  expect(processesOf(root), "processes that were left behind").toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

function startDaemon(driver: DriverName, killAt = ""): ChildProcess {
  const { daemonKey } = server.server;
  const daemon = spawn(process.execPath, [program, server.url, daemonKey, driver, root, killAt], { stdio: "inherit" });
  daemons.push(daemon);
  return daemon;
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  await new Promise((resolve) => daemon.once("exit", resolve));
}

async function kill(daemon: ChildProcess): Promise<void> {
  daemon.kill("SIGKILL");
  await ended(daemon);
}

async function push(driver: DriverName, instances: number): Promise<void> {
  const source = path.join(folder, "template");
  mkdirSync(source, { recursive: true });
  const manifest = { driver, agents: [{ name: "main" }], presets: [{ name: "small", prebuilds: { instances } }] };
  writeFileSync(path.join(source, "template.yaml"), JSON.stringify(manifest));
  const { bytes } = await packFolder(source);
  await server.admin.call("pushTemplate", { params: { template: "web" }, bytes });
}

/** The driver's view of what exists, from beside the daemon. */
function observer(driver: DriverName): Driver {
  if (driver === "fake") return new FakeDriver({ root });
  const agentCommand = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"];
  return new ProcessDriver({
    root,
    agentCommand,
    hostEnvironment: process.env,
    logger: silentLogger,
    random: systemRandom,
  });
}

async function poolHas(actual: number): Promise<void> {
  await waitUntil(`the pool has ${actual}, and nothing is under way`, async () => {
    const { pools } = await server.admin.call("listPools", {});
    return pools.some((pool) => pool.actual === actual && pool.starting === 0 && pool.deleting === 0);
  });
}

const nothingLeft = async (driver: DriverName): Promise<void> => {
  await waitUntil("nothing exists any more", async () => (await observer(driver).list()).length === 0);
};

const createSteps = [
  "start: before anything",
  "start: before its state is stored",
  "start: after its state is stored",
  "start: before its report",
];
const deleteSteps = [
  "delete: before anything",
  "delete: before its state is stored",
  "delete: after its state is stored",
  "delete: before its report",
];

describe.each(drivers)("S15: a daemon with the %s driver", (driver) => {
  test.each(createSteps)("killed at %j leaves a pool that fills, and nothing once it is deleted", async (step) => {
    await push(driver, 1);
    const first = startDaemon(driver, step);
    await ended(first);
    expect(first.signalCode).toBe("SIGKILL");
    startDaemon(driver);
    await poolHas(1);
    await server.admin.call("deleteTemplate", { params: { template: "web" } });
    await nothingLeft(driver);
    await poolIsGone();
  });

  test.each(deleteSteps)("killed at %j removes everything when the delete is asked for again", async (step) => {
    await push(driver, 0);
    const first = startDaemon(driver, step);
    await waitUntil("the template can be used", async () => {
      const { templates } = await server.admin.call("listTemplates", {});
      return templates.some((template) => template.activeVersion !== null);
    });
    const { workspace } = await server.admin.call("createWorkspace", { body: { name: "mine", template: "web" } });
    const status = async (): Promise<string> =>
      (await server.admin.call("getWorkspace", { params: { workspace: workspace.id } })).status;
    await waitUntil("it runs", async () => (await status()) === "running");
    const remove = () =>
      server.admin.call("createBuild", { params: { workspace: workspace.id }, body: { transition: "delete" } });
    await remove();
    await ended(first);
    expect(first.signalCode).toBe("SIGKILL");
    startDaemon(driver);
    await waitUntil("the delete is known to be lost", async () => (await status()) === "failed");
    await remove();
    await nothingLeft(driver);
    await waitUntil("it is gone", async () => (await status()) === "deleted");
  });

  test("removes what carries the deployment's mark and is unknown, and nobody else's", async () => {
    const { deploymentId } = await register();
    const strange = observer(driver);
    await strange.open();
    const template = path.join(folder, "template");
    mkdirSync(template, { recursive: true });
    const [ours, theirs] = [systemRandom.uuid(), systemRandom.uuid()];
    await strange.apply(buildContext({ workspaceId: ours, template, deploymentId }));
    await strange.apply(buildContext({ workspaceId: theirs, template, deploymentId: systemRandom.uuid() }));
    expect(await strange.list()).toHaveLength(2);
    // Or two daemons would look after the same agents, and each start again what the other ends.
    await strange.close();
    const daemon = startDaemon(driver);
    await waitUntil("ours is gone", async () => (await strange.list()).length === 1);
    await push(driver, 1);
    await poolHas(1);
    const left = (await strange.list()).map((resource) => resource.workspaceId);
    expect(left).toContain(theirs);
    const audit = await server.server.store.query(
      { name: "test_audit", text: "select target_id from audit_log where action = 'orphan.remove'" },
      [],
    );
    expect(audit).toEqual([{ target_id: ours }]);
    await server.admin.call("deleteTemplate", { params: { template: "web" } });
    await waitUntil("the pool is gone", async () => (await strange.list()).length === 1);
    await kill(daemon);
    const last = observer(driver);
    await last.open();
    await last.destroy(buildContext({ workspaceId: theirs, template }));
    await last.close();
  });
});

/** Announces a daemon by hand; answers what the server tells it. */
async function register(): Promise<{ readonly deploymentId: string }> {
  const body = {
    name: "by-hand",
    incarnation: systemRandom.uuid(),
    drivers: [],
    tags: {},
    concurrency: 1,
    version: "",
  };
  return await server.client(server.server.daemonKey).call("registerDaemon", { body });
}

async function poolIsGone(): Promise<void> {
  const text = "select count(*)::int as count from workspaces where deleted_at is null";
  await waitUntil("the database has nothing either", async () => {
    const [row] = await server.server.store.query<{ count: number }>({ name: "test_live", text }, []);
    return row?.count === 0;
  });
}

test("a prebuild whose files somebody removed is replaced", async () => {
  await push("fake", 1);
  startDaemon("fake");
  await poolHas(1);
  const [file = ""] = readdirSync(root);
  rmSync(path.join(root, file));
  await waitUntil("another one was made", () => readdirSync(root).some((name) => name.endsWith(".workspace")));
  await poolHas(1);
  expect(existsSync(path.join(root, file))).toBe(false);
  await server.admin.call("deleteTemplate", { params: { template: "web" } });
  await nothingLeft("fake");
});

test("a creation that no daemon can take says so at once, and its log says it, too", async () => {
  await push("fake", 0);
  const daemon = startDaemon("fake");
  await waitUntil("the template can be used", async () => {
    const { templates } = await server.admin.call("listTemplates", {});
    return templates.some((template) => template.activeVersion !== null);
  });
  await kill(daemon);
  await server.server.store.query({ name: "test_age", text: "update daemons set seen_at = 'epoch'" }, []);
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: server.admin.token ?? "" } });
  const creating = bench.run("create", "mine", "--template", "web");
  const missing = "no daemon with the driver fake is connected";
  await waitUntil("the command line says it", () =>
    bench.written().stderr.includes(`The job waits for a daemon that can take it: ${missing}.`),
  );
  await waitUntil("the log says it", () => bench.written().stderr.includes(`the job waits: ${missing}`));
  const { jobs } = await server.admin.call("listJobs", { query: { status: "pending" } });
  for (const job of jobs) await server.admin.call("cancelJob", { params: { jobId: job.id } });
  expect((await creating).exitCode).not.toBe(0);
  bench.dispose();
});
