// Groups and quotas through the API and the command line.
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
let ann: Client;

beforeAll(async () => {
  server = await startTestServer({ quotaEnabled: true, quotaPrebuildsAllowance: 7 });
  ann = await server.member("ann");
  const { context, store } = server.server;
  const user = await userByName(store, "admin");
  if (user === undefined) throw new Error("there is an administrator");
  const tokenId = systemRandom.uuid() as TokenId;
  const admin: Actor = { ...user, userId: user.id, createdAt: user.created_at, tokenId };
  const presets = [
    { name: "pool", prebuilds: { instances: 3 } },
    { name: "plain", cost: 3 },
  ];
  const manifest = { driver: "fake", cost: 4, agents: [{ name: "main" }], presets };
  const pushed = await pushTemplate(context, admin, {
    template: "web",
    archive: tarArchive([{ path: "template.yaml", content: JSON.stringify(manifest) }]),
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
  await waitUntil("the pool has one prebuild and is held", async () => {
    const { pools } = await server.admin.call("listPools", { query: {} });
    return pools.some((pool) => pool.starting === 1 && pool.held.some((held) => held.reason === "quota"));
  });
});

afterAll(async () => server.stop());

function cli(client: Client) {
  const bench = cliBench({ env: { PREWARM_URL: server.url, PREWARM_TOKEN: client.token ?? "" } });
  onTestFinished(bench.dispose);
  return bench;
}

test("the reconciler makes the group of the pools with its default allowance, holds what that does not cover, and says so", async () => {
  const admin = cli(server.admin);
  const explained = await admin.run("prebuilds", "explain", "web/pool");
  expect(explained.stdout).toContain("Held back: 2 prebuilds (quota)");
  expect(explained.stdout).toContain("has 7, of which 4 are used: 5 too few");
  const shown = await admin.run("quota", "show", "--user", "prebuilds");
  expect(shown.stdout).toMatch(/used +4 of 7 cost units\nfrom prebuilds +7\n/);
  await admin.run("groups", "edit", "prebuilds", "--allowance", "8");
  await waitUntil("the pool has a second one", async () => {
    const { pools } = await server.admin.call("listPools", { query: {} });
    return pools.some((pool) => pool.starting === 2);
  });
});

test("groups are created, shown, edited, given members and deleted, and each of it is audited", async () => {
  await server.member("bob");
  const admin = cli(server.admin);
  const made = await admin.run("groups", "create", "crew", "--allowance", "5", "--display-name", "The crew", "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({ name: "crew", kind: "ordinary", allowance: 5, memberCount: 0 });
  expect((await admin.run("groups", "create", "Crew")).stderr).toContain("name_taken");
  expect((await admin.run("groups", "members", "add", "crew", "ann", "bob")).stdout).toBe("crew has 2 members.\n");
  const unknown = await admin.run("groups", "members", "add", "crew", "ann", "nobody", "prebuilds");
  expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining("nobody, prebuilds")]);
  expect((await admin.run("groups", "edit", "crew", "--name", "team", "--allowance", "6")).stdout).toMatch(
    /allowance +6/,
  );
  const shown = await cli(ann).run("groups", "show", "team");
  expect(shown.stdout).toMatch(/members +2/);
  expect(shown.stdout).toMatch(/^ann +ann$|^ann +/m);
  expect((await admin.run("groups", "list", "--sort", "allowance", "--order", "desc")).stdout).toMatch(
    /prebuilds [^]*team [^]*everyone /,
  );
  expect((await cli(ann).run("groups", "list", "--search", "tea", "--json")).stdout).toContain('"total": 1');
  expect((await admin.run("groups", "members", "remove", "team", "bob")).stdout).toBe("team has 1 member.\n");
  expect((await admin.run("groups", "members", "remove", "team", "bob")).exitCode).toBe(1);
  expect((await admin.run("groups", "delete", "team", "--yes")).stdout).toBe("team is deleted.\n");
  const audited = await server.server.context.db.query<{ action: string }>(
    {
      name: "test_audit",
      text: "select action from audit_log where target_kind = 'group' and target_name in ('crew', 'team') order by id",
    },
    [],
  );
  expect(audited.map(({ action }) => action)).toEqual([
    "group.create",
    "group.add_members",
    "group.edit",
    "group.remove_member",
    "group.delete",
  ]);
});

test("the groups that Prewarm manages keep their names and members, and a wrong command line ends with 2", async () => {
  const admin = cli(server.admin);
  for (const group of ["everyone", "prebuilds"]) {
    for (const words of [
      ["delete", group, "--yes"],
      ["edit", group, "--name", "mine"],
      ["members", "add", group, "ann"],
      ["members", "remove", group, "ann"],
      ["create", group.toUpperCase()],
    ]) {
      const done = await admin.run("groups", ...words);
      expect([words, done.exitCode, done.stderr]).toEqual([words, 1, expect.stringContaining("conflict")]);
    }
  }
  expect((await admin.run("groups", "edit", "everyone")).exitCode).toBe(2);
  expect((await admin.run("groups", "edit", "everyone", "--allowance", "-1")).exitCode).toBe(2);
  expect((await admin.run("groups", "show", "none")).exitCode).toBe(1);
});

test("a creation beyond the quota is refused with what to do, in API and CLI, and passes once there is room", async () => {
  const admin = cli(server.admin);
  const bench = cli(ann);
  await admin.run("groups", "edit", "everyone", "--allowance", "5");
  const create = ["create", "--template", "web", "--preset", "plain", "--no-wait"];
  expect((await bench.run(...create, "one")).exitCode).toBe(0);
  const refused = await bench.run(...create, "two");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain("ann uses 3 of 5 in the organization default: that is 1 too much");
  expect(refused.stderr).toContain("one (3)");
  const body = { name: "two", template: "web", preset: "plain" };
  await expect(ann.call("createWorkspace", { query: {}, body })).rejects.toMatchObject({
    code: "quota_exceeded",
    status: 409,
    details: { used: 3, allowed: 5, needed: 3, missing: 1, workspaces: [{ name: "one", cost: 3 }] },
  });
  expect((await bench.run("quota", "show")).stdout).toMatch(
    /used +3 of 5 cost units\nfrom everyone +5\n[^]*one +web +3/,
  );
  expect((await bench.run("list")).stdout).toMatch(/COST[^]*one .*3 /);
  expect((await bench.run("show", "one")).stdout).toMatch(/cost +3 cost units/);
  expect((await bench.run("quota", "show", "--user", "admin")).stderr).toContain("forbidden");
  expect((await admin.run("quota", "show", "--user", "ann", "--json")).stdout).toContain('"used": 3');
  await admin.run("groups", "edit", "everyone", "--allowance", "6");
  expect((await bench.run(...create, "two")).exitCode).toBe(0);
});
