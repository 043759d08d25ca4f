import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { pushTemplate } from "../../src/app/templates/push-template.ts";
import type { Actor } from "../../src/app/authorize.ts";
import type { Client } from "../../src/client/client.ts";
import type { JobId, TokenId } from "../../src/contracts/ids.ts";
import { userByName } from "../../src/db/people/identity.ts";
import { finishJob } from "../../src/db/jobs/finish-job.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { cliBench } from "../support/cli-run.ts";
import { tarArchive } from "../support/tar-archive.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";
import { waitUntil } from "../support/wait-until.ts";

let server: TestServer;
let prebuild: string;

beforeAll(async () => {
  server = await startTestServer();
  const { context, store } = server.server;
  const user = await userByName(store, "admin");
  if (user === undefined) throw new Error("there is an administrator");
  const admin: Actor = {
    ...user,
    userId: user.id,
    createdAt: user.created_at,
    tokenId: systemRandom.uuid() as TokenId,
  };
  const manifest = {
    driver: "fake",
    agents: [{ name: "main" }],
    presets: [{ name: "small", prebuilds: { instances: 1 } }, { name: "plain" }],
    lifecycle: { default_ttl: "8h", max_ttl: "24h" },
  };
  const content = JSON.stringify(manifest);
  const pushed = await pushTemplate(context, admin, {
    template: "web",
    archive: tarArchive([{ path: "template.yaml", content }]),
  });
  await store.transaction("test import", async (tx) =>
    finishJob(tx, {
      jobId: pushed.version.importJobId as JobId,
      attempt: null,
      from: ["pending"],
      outcome: { kind: "succeeded", claimEffect: "none" },
      now: context.clock.now(),
    }),
  );
  // The reconciler makes it; there is no daemon, so it stays as it is.
  await waitUntil("the pool has a prebuild", async () => {
    const { jobs } = await server.admin.call("listJobs", { query: {} });
    prebuild = jobs.find((job) => job.isPrebuild)?.workspaceId ?? "";
    return prebuild !== "";
  });
});

afterAll(async () => server.stop());

function cli(client: Client) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: client.token ?? "" } });
  onTestFinished(bench.dispose);
  return bench;
}

test("TTL, autostart and dormancy of a prebuild are answered 409 with the reason (157)", async () => {
  const params = { workspace: prebuild };
  const refused = {
    code: "prebuild_immutable",
    status: 409,
    message: expect.stringContaining("unclaimed prebuild") as string,
  };
  const call = server.admin;
  await expect(call.call("setWorkspaceSchedule", { params, body: { ttlMs: 3_600_000 } })).rejects.toMatchObject(
    refused,
  );
  await expect(
    call.call("setWorkspaceSchedule", { params, body: { autostartSchedule: "0 9 * * *" } }),
  ).rejects.toMatchObject(refused);
  await expect(call.call("setWorkspaceDormancy", { params, body: { dormant: true } })).rejects.toMatchObject(refused);
  await expect(call.call("extendWorkspace", { params, body: { byMs: 3_600_000 } })).rejects.toMatchObject(refused);
});

test("the command line says the same and ends with 1 (157)", async () => {
  const bench = cli(server.admin);
  for (const command of [["stop", "8h"], ["start", "0 9 * * *"], ["extend", "2h"], ["sleep"], ["show"]]) {
    const [verb = "", ...rest] = command;
    const done = await bench.run("schedule", verb, prebuild, ...rest);
    expect(done.exitCode).toBe(1);
    expect(done.stderr).toContain("is an unclaimed prebuild");
    expect(done.stderr).toContain("prebuild_immutable");
  }
});

test("a workspace gets its schedule at its creation, and shows, changes and lists it", async () => {
  const bench = cli(await server.member("ann"));
  const create = ["create", "dev", "--template", "web", "--preset", "plain", "--no-wait"];
  const refused = await bench.run(...create, "--ttl", "30h");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("the template allows at most 1 d");
  const made = await bench.run(...create, "--ttl", "9h", "--autostart", "0 9 * * 1-5 Europe/Berlin", "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({
    workspace: { ttlMs: 9 * 3_600_000, autostartSchedule: "0 9 * * 1-5 Europe/Berlin", dormantAt: null },
  });
  const shown = await bench.run("schedule", "show", "dev");
  expect(shown.stdout).toMatch(/autostart +0 9 \* \* 1-5 Europe\/Berlin/);
  expect(shown.stdout).toMatch(/ttl +9h \(at most 1d\)/);
  expect((await bench.run("schedule", "start", "dev", "manual")).stdout).toMatch(/autostart +manual/);
  expect((await bench.run("schedule", "start", "dev", "at nine")).exitCode).toBe(1);
  expect((await bench.run("schedule", "stop", "dev", "soon")).exitCode).toBe(2);
  expect((await bench.run("schedule", "stop", "dev", "10h")).stdout).toMatch(/ttl +10h/);
  expect((await bench.run("list", "--dormant")).stdout).toContain("No workspaces");
  const acts = await bench.run("schedule", "show", "dev");
  expect(acts.stdout).toMatch(/ ann +workspace\.schedule +ann\/dev +ttlMs=36000000\n/);
  expect(JSON.parse((await bench.run("schedule", "show", "dev", "--json")).stdout)).toMatchObject({
    ttlMs: 36_000_000,
    acts: [{ action: "workspace.schedule" }, { action: "workspace.schedule" }],
  });
});

test("a template admin sees and changes a template's schedule, and a member does not change it", async () => {
  const member = cli(await server.member("bob"));
  expect((await member.run("templates", "schedule", "web")).stdout).toMatch(/default ttl +8h\n/);
  expect((await member.run("templates", "schedule", "web", "--max-ttl", "none")).exitCode).toBe(1);
  const admin = cli(server.admin);
  const changed = await admin.run(
    "templates",
    "schedule",
    "web",
    "--dormant-after",
    "30d",
    "--autostart-days",
    "fri,mon",
  );
  expect(changed.stdout).toMatch(/dormant after +30d \(changed beside the manifest\)/);
  expect(changed.stdout).toMatch(/autostart +on mon, fri \(changed/);
  expect((await admin.run("templates", "schedule", "web", "--default-ttl", "2d")).exitCode).toBe(1);
  expect((await admin.run("templates", "schedule", "web", "--reset")).stdout).toMatch(/dormant after +none\n/);
});
