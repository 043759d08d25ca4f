// What people create is held to their allowances: 138, S19, I7.
import { describe, expect, it } from "vitest";
import { getQuota } from "../../src/app/groups/quota.ts";
import { addGroupMembers, createGroup, removeGroup } from "../../src/app/groups/groups.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { claimPrebuild } from "../../src/db/claims/claim.ts";
import { build } from "../support/builds.ts";
import { claimInput, codeOf, create } from "../support/claims.ts";
import { runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { memberOf } from "../support/organizations.ts";
import { ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { admitOneOfSeven } from "../support/quota-rounds.ts";
import { allowEveryone, allowPools, costOf } from "../support/quota.ts";
import { publishTemplate } from "../support/templates.ts";

const on = { isQuotaEnabled: true };

async function refusalOf(work: Promise<unknown>): Promise<CodedError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CodedError && error.code === "quota_exceeded") return error;
  throw new Error("it was expected to be refused for quota", { cause: error });
}

async function remove(fx: Fixture, id: string): Promise<void> {
  await runJobs(fx);
  expect(await build(fx, id as WorkspaceId, "delete")).toEqual({ kind: "started" });
  await runJobs(fx);
}

const everything = (fx: Fixture): Promise<object[]> =>
  fx.rows(`select (select count(*)::int from workspaces) as workspaces, (select count(*)::int from builds) as builds,
    (select count(*)::int from jobs) as jobs, (select count(*)::int from creation_outcomes) as outcomes,
    (select count(*)::int from idempotency_keys) as keys,
    (select jsonb_agg(jsonb_build_array(workspace_id, state, generation) order by workspace_id) from prebuilds) as ledger`);

describe("I7: warm and cold are held to the same quota", () => {
  it.each([
    "warm",
    "cold",
  ])("a %s workspace that would cost too much is refused, and nothing is left behind (138)", async (how) => {
    const fx = await testFixture(on);
    const template = await publishTemplate(fx, { cost: 3 });
    await allowEveryone(fx, 5);
    const first = await create(fx, { name: "first" });
    expect(first.workspace.cost).toBe(3);
    const ready = how === "warm" ? await putPrebuild(fx, template.preset()) : undefined;
    const before = await everything(fx);
    const published = fx.published.length;
    for (const mode of ["prefer_warm", "wait"] as const) {
      const refused = await refusalOf(create(fx, { name: "second", mode, waitMs: 0 }));
      expect(refused.message).toBe(
        '"second" costs 3 cost units, and alice uses 3 of 5 in the organization default: that is 1 too much.',
      );
      expect(refused.next).toContain("first (3)");
      expect(refused.details).toMatchObject({ used: 3, allowed: 5, needed: 3, missing: 1 });
    }
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("quota_exceeded");
    expect(await everything(fx)).toEqual(before);
    expect(fx.published.length).toBe(published);
    await remove(fx, first.workspace.id);
    expect(await create(fx)).toMatchObject({ outcome: how === "warm" ? "claimed" : "cold", workspace: { cost: 3 } });
    if (ready !== undefined) expect(await ledgerState(fx, ready)).toBe("claimed");
  });

  it("at the claim the cost moves from the pools to the claimant", async () => {
    const fx = await testFixture(on);
    const template = await publishTemplate(fx, {
      cost: 9,
      presets: { large: { cost: 4, prebuilds: { instances: 1 } } },
    });
    await putPrebuild(fx, template.preset());
    await allowEveryone(fx, 4);
    expect([await costOf(fx, prebuildsUserId), await costOf(fx, fx.alice.userId)]).toEqual([4, 0]);
    expect(await create(fx)).toMatchObject({ outcome: "claimed", workspace: { cost: 4 } });
    expect([await costOf(fx, prebuildsUserId), await costOf(fx, fx.alice.userId)]).toEqual([0, 4]);
  });

  it("an older prebuild with another price costs what was checked", async () => {
    const fx = await testFixture(on);
    const surge = { rollout: { strategy: "surge" } } as const;
    const old = await publishTemplate(fx, { ...surge, cost: 1 });
    await putPrebuild(fx, old.preset());
    await publishTemplate(fx, { ...surge, cost: 6 });
    await allowEveryone(fx, 5);
    await refusalOf(create(fx));
    await allowEveryone(fx, 6);
    const made = await create(fx);
    expect(made).toMatchObject({ outcome: "claimed", workspace: { cost: 6, isOutdated: true } });
    expect(await costOf(fx, fx.alice.userId)).toBe(6);
  });

  it.each([
    0, 1,
  ])("an older prebuild that is dearer than the active version, which costs %i, counts as what it costs", async (cost) => {
    const fx = await testFixture(on);
    const surge = { rollout: { strategy: "surge" } } as const;
    const old = await publishTemplate(fx, { ...surge, cost: 50 });
    const ids = await putPrebuilds(fx, old.preset(), 2);
    await publishTemplate(fx, { ...surge, cost });
    await allowEveryone(fx, 49);
    expect(await create(fx)).toMatchObject({ outcome: "cold", workspace: { cost } });
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("no_claimable_prebuild");
    await allowEveryone(fx, 50 + cost);
    expect(await create(fx)).toMatchObject({ outcome: "claimed", workspace: { cost: 50, isOutdated: true } });
    expect(await costOf(fx, fx.alice.userId)).toBe(50 + cost);
    expect(await Promise.all(ids.map(async (id) => ledgerState(fx, id)))).toContain("ready");
    expect(await create(fx, { by: await fx.addUser("bob"), mode: "warm_only" })).toMatchObject({ outcome: "claimed" });
  });

  it("138: a failure after the admission rolls the claim back", async () => {
    const fx = await testFixture(on);
    const template = await publishTemplate(fx, { cost: 1 });
    await allowEveryone(fx, 5);
    await create(fx, { name: "taken" });
    const ready = await putPrebuild(fx, template.preset());
    expect(await codeOf(create(fx, { name: "taken" }))).toBe("name_taken");
    expect(await codeOf(create(fx, { parameters: { nope: "1" } }))).toBe("invalid_parameter");
    expect(await ledgerState(fx, ready)).toBe("ready");
    expect(await costOf(fx, fx.alice.userId)).toBe(1);
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });
});

describe("an allowance", () => {
  it("is the sum of everyone's and of one's groups in this organization, and of no other", async () => {
    const fx = await testFixture(on);
    await publishTemplate(fx, { cost: 5 });
    await allowEveryone(fx, 1);
    const group = { name: "developers", allowance: 4 };
    await createGroup(fx.context, fx.admin, group);
    await refusalOf(create(fx));
    await addGroupMembers(fx.context, fx.admin, { group: "developers", usernames: ["ALICE"] });
    await create(fx);
    const second = await memberOf(fx, "second");
    await publishTemplate(fx, { cost: 5, organization: "second" });
    expect((await refusalOf(create(fx, { by: second, organization: "second" }))).details).toMatchObject({
      used: 0,
      allowed: 0,
    });
    expect(await getQuota(fx.context, fx.alice, {})).toMatchObject({
      used: 5,
      allowed: 5,
      groups: [
        { group: "developers", allowance: 4 },
        { group: "everyone", allowance: 1 },
      ],
      workspaces: [{ cost: 5 }],
    });
    await removeGroup(fx.context, fx.admin, { group: "developers" });
    expect(await getQuota(fx.context, fx.alice, {})).toMatchObject({ used: 5, allowed: 1 });
  });

  it("is never that of the pools' group, which nobody can be added to", async () => {
    const fx = await testFixture(on);
    await publishTemplate(fx, { cost: 5 });
    await allowEveryone(fx, 1);
    await allowPools(fx, 100);
    expect(await codeOf(addGroupMembers(fx.context, fx.admin, { group: "prebuilds", usernames: ["alice"] }))).toBe(
      "conflict",
    );
    await fx.rows(
      "insert into group_members (group_id, user_id, created_at) select id, $1, $2 from groups where name = 'prebuilds'",
      [fx.alice.userId, fx.clock.now()],
    );
    expect(await getQuota(fx.context, fx.alice, {})).toMatchObject({ used: 0, allowed: 1 });
    expect((await refusalOf(create(fx))).details).toMatchObject({ allowed: 1 });
  });

  it("is taken by stopped workspaces too, and starting one asks nothing", async () => {
    const fx = await testFixture(on);
    await publishTemplate(fx, { cost: 2 });
    await allowEveryone(fx, 2);
    const { workspace } = await create(fx);
    await runJobs(fx);
    await build(fx, workspace.id as WorkspaceId, "stop");
    await runJobs(fx);
    await refusalOf(create(fx));
    await allowEveryone(fx, 0);
    expect(await build(fx, workspace.id as WorkspaceId, "start")).toEqual({ kind: "started" });
    expect(await costOf(fx, fx.alice.userId)).toBe(2);
  });

  it("does not hold what costs nothing, nor anything while quotas are off", async () => {
    const fx = await testFixture(on);
    const template = await publishTemplate(fx, {
      cost: 2,
      presets: { free: { cost: 0, prebuilds: { instances: 0 } }, dear: 0 },
    });
    expect(await create(fx, { preset: "free" })).toMatchObject({ workspace: { cost: 0 } });
    await refusalOf(create(fx, { preset: "dear" }));
    const off = fx.addServer();
    expect(await create(fx, { preset: "dear", on: off })).toMatchObject({ outcome: "cold", workspace: { cost: 2 } });
    await putPrebuild(fx, template.preset("dear"));
    expect(await create(fx, { preset: "dear", on: off })).toMatchObject({ outcome: "claimed", workspace: { cost: 2 } });
  });
});

it("a cost that the template does not declare is what the resources of a first build cost", async () => {
  const fx = await testFixture(on);
  const template = await publishTemplate(fx);
  const resources = [1, 4, undefined].map((dailyCost, nth) => ({
    address: `r${nth}`,
    type: "thing",
    name: `r${nth}`,
    ...(dailyCost === undefined ? {} : { dailyCost }),
  }));
  // Nothing is known before the first has been built.
  const first = await create(fx, { preset: "large" });
  expect(first.workspace.cost).toBe(0);
  await runJobs(fx, () => ({ ...succeeded, report: { resources } }));
  expect(await costOf(fx, fx.alice.userId)).toBe(5);
  await refusalOf(create(fx, { preset: "large" }));
  await allowEveryone(fx, 10);
  await putPrebuild(fx, template.preset());
  expect(await create(fx, { preset: "large" })).toMatchObject({ outcome: "claimed", workspace: { cost: 5 } });
  // A later start reports other figures: what a workspace costs does not change while it lives.
  await build(fx, first.workspace.id as WorkspaceId, "stop");
  await runJobs(fx);
  await build(fx, first.workspace.id as WorkspaceId, "start");
  await runJobs(fx, () => ({ ...succeeded, report: { resources: [{ ...resources[1], dailyCost: 40 }] } }) as never);
  expect(await costOf(fx, fx.alice.userId)).toBe(10);
});

it("a repeated request gets its workspace, also when that has used up the quota", async () => {
  const fx = await testFixture(on);
  await publishTemplate(fx, { cost: 2 });
  await allowEveryone(fx, 2);
  const ask = () => create(fx, { name: "mine", idempotencyKey: "key" });
  const both = await Promise.all([ask(), ask()]);
  expect(both[0].workspace.id).toBe(both[1].workspace.id);
  expect((await ask()).workspace.id).toBe(both[0].workspace.id);
});

it("while quotas are off, a creation asks the database as little as before", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { cost: 2 });
  await putPrebuilds(fx, template.preset(), 3);
  // Fills what is kept in memory.
  await create(fx);
  const before = fx.store.counters;
  await create(fx);
  const { statements, transactions } = fx.store.counters;
  expect([statements - before.statements, transactions - before.transactions]).toEqual([2, 0]);
  const row = await claimPrebuild(fx.store, claimInput(fx, { ...template, presetId: template.preset() }));
  expect(row?.cost).toBe(2);
});

it("S19: quota 10, cost 3, usage 6: of five warm claims and two cold at once one is admitted", async () => {
  // A thousand times over in test/faults/quota-rounds.test.ts.
  await admitOneOfSeven(50);
});
