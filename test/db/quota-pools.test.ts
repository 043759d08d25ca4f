// What pools create is held to the allowance of the group `prebuilds`.
import { expect, it } from "vitest";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuilds } from "../support/prebuild-rows.ts";
import { allowEveryone, allowPools, costOf } from "../support/quota.ts";
import { createReconciler, reconcile, runCycle } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const on = { isQuotaEnabled: true };

const heldOf = async (fx: Fixture, preset: string): Promise<object[]> =>
  (await explain(fx.context, fx.admin, { template: "web", preset })).pool.held;

it("creates beyond it are held with how much is missing, and go on when it grows", async () => {
  const fx = await testFixture(on);
  const template = await publishTemplate(fx, { cost: 3, presets: { large: 4 } });
  await allowPools(fx, 7);
  expect(await reconcile(fx)).toMatchObject({ creates: 2, held: 2 });
  expect(await costOf(fx, prebuildsUserId)).toBe(6);
  expect(await reconcile(fx)).toMatchObject({ creates: 0, held: 2 });
  const detail =
    'each costs 3 cost units, and the group "prebuilds" of the organization has 7, of which 6 are used: 5 too few';
  expect(await heldOf(fx, "large")).toEqual([{ reason: "quota", until: null, count: 2, detail }]);
  const { sentences, history } = await explain(fx.context, fx.admin, { template: "web", preset: "large" });
  expect(sentences).toContain(`Held back: 2 prebuilds (quota): ${detail}.`);
  expect(JSON.stringify(history[0]?.record)).toContain('"reason":"quota"');
  const published = fx.published.length;
  await allowPools(fx, 12);
  expect(fx.published.slice(published)).toContain("pools");
  expect(await reconcile(fx)).toMatchObject({ creates: 2, held: 0 });
  expect(await ledgerCounts(fx, template.preset())).toEqual({ building: 4 });
});

it("without an allowance nothing is created, a cycle says so, and deletes go on", async () => {
  const fx = await testFixture(on);
  const template = await publishTemplate(fx, { cost: 3, presets: { large: 1, small: 2 } });
  await putPrebuilds(fx, template.preset("large"), 3);
  expect(await reconcile(fx)).toMatchObject({ creates: 0, deletes: 2, held: 2 });
  expect(await heldOf(fx, "small")).toMatchObject([{ reason: "quota", count: 2 }]);
});

it("is shared by the pools of an organization, the one with the fewest first, and what is free is made", async () => {
  const fx = await testFixture(on);
  const priced = (cost: number, instances: number) => ({ cost, prebuilds: { instances } });
  const template = await publishTemplate(fx, {
    presets: { many: priced(2, 5), few: priced(2, 2), dear: priced(50, 1), free: priced(0, 3) },
  });
  await allowPools(fx, 8);
  expect(await reconcile(fx)).toMatchObject({ creates: 7, held: 4 });
  const counts = async (name: string) => (await ledgerCounts(fx, template.preset(name))).building ?? 0;
  expect([await counts("many"), await counts("few"), await counts("dear"), await counts("free")]).toEqual([2, 2, 0, 3]);
  expect(await heldOf(fx, "dear")).toMatchObject([
    { count: 1, detail: expect.stringContaining("50 too few") as string },
  ]);
});

it("a claim frees it for the next one", async () => {
  const fx = await testFixture(on);
  await publishTemplate(fx, { cost: 3, presets: { large: 2 } });
  await allowPools(fx, 3);
  await allowEveryone(fx, 3);
  expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 1 });
  await runJobs(fx);
  await fx.rows("update agents set state = 'ready', server_id = $1, connection_id = gen_random_uuid(), ready_at = $2", [
    fx.id,
    fx.clock.now(),
  ]);
  await fx.rows("update prebuilds set state = 'ready', ready_at = $1 where state = 'starting'", [fx.clock.now()]);
  expect(await reconcile(fx)).toMatchObject({ creates: 0, held: 1 });
  expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 1 });
});

it("two reconcilers that act at once do not exceed it together", async () => {
  const fx = await testFixture(on);
  const presets = Object.fromEntries(Array.from({ length: 6 }, (_, nth) => [`p${nth}`, 2]));
  await publishTemplate(fx, { cost: 1, presets });
  await allowPools(fx, 5);
  const other = fx.addServer(on);
  await Promise.all([fx, other].map((server) => runCycle(createReconciler(server, { holder: fx.id }))));
  expect(await costOf(fx, prebuildsUserId)).toBe(5);
});

it("while quotas are off, pools are filled whatever they cost", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { cost: 3, presets: { large: 2 } });
  expect(await reconcile(fx)).toMatchObject({ creates: 2, held: 0 });
  expect(await costOf(fx, prebuildsUserId)).toBe(6);
});

it("of an organization that gets its group in this very cycle is its default allowance", async () => {
  const fx = await testFixture(on);
  await publishTemplate(fx, { cost: 3, presets: { large: 4 } });
  await fx.rows("delete from groups where lower(name) = 'prebuilds'");
  expect(await reconcile(fx, { prebuildsAllowance: 7 })).toMatchObject({ creates: 2, held: 2 });
});
