// Pools that are set beside a template: for its active version at once, and for each that comes after it.
import { expect, it } from "vitest";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { setPool, unsetPool } from "../../src/app/prebuilds/set-pool.ts";
import { deprecate } from "../../src/app/templates/templates.ts";
import { createVersionDefinitions } from "../../src/app/workspaces/version-definitions.ts";
import { create } from "../support/claims.ts";
import { runJobsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate, pushVersion } from "../support/templates.ts";

const parameters = [{ name: "cpu", default: "2", options: [{ value: "2" }, { value: "8" }] }];

async function presetsOf(fx: Fixture, versionId: string) {
  return await fx.rows<{ name: string; instances: number | null; schedules: unknown }>(
    "select name, instances, ttl_seconds, timezone, schedules, parameters from presets where template_version_id = $1 order by name",
    [versionId],
  );
}

const set = async (fx: Fixture, preset: string, size: Parameters<typeof setPool>[2]["set"]) =>
  await setPool(fx.context, fx.admin, { template: "web", preset, set: size });

it("gives a preset without a pool one, and the reconciler fills it", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { small: null } });
  expect(await set(fx, "small", { instances: 2 })).toMatchObject({ preset: "small", desired: 2 });
  await reconcile(fx);
  expect((await runJobsReady(fx)).length).toBe(2);
});

it("makes a preset that the template does not have, which creations match from then on, on every server", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { small: { parameters: { cpu: "2" } } }, parameters });
  const versions = createVersionDefinitions();
  const before = await versions.get(fx.context.db, template.versionId, 0);
  expect(before?.presets.map(({ presetName }) => presetName)).toEqual(["small"]);
  await set(fx, "Large", { instances: 1, parameters: { cpu: "8" } });
  await reconcile(fx);
  await runJobsReady(fx);
  expect(await versions.get(fx.context.db, template.versionId, 1)).toMatchObject({
    presets: [{ presetName: "small" }, { presetName: "Large", parameters: { cpu: "8" } }],
  });
  expect(await create(fx, { template: "web", name: "dev", parameters: { cpu: "8" } })).toMatchObject({
    outcome: "claimed",
  });
});

it("leaves out what is not said: age and schedules stay as they were set", async () => {
  const fx = await testFixture();
  const { versionId } = await publishTemplate(fx, { presets: { small: 1 } });
  const schedules = [{ cron: "* 8-18 * * 1-5", instances: 5 }];
  await set(fx, "small", { instances: 1, ttlSeconds: 7_200, timezone: "Europe/Berlin", schedules });
  await set(fx, "small", { instances: 3 });
  expect(await presetsOf(fx, versionId)).toMatchObject([
    { instances: 3, ttl_seconds: 7_200, timezone: "Europe/Berlin", schedules },
  ]);
  await set(fx, "small", { instances: 3, schedules: [] });
  expect(await presetsOf(fx, versionId)).toMatchObject([{ schedules: [], timezone: null }]);
});

it("counts for each version that is imported later, and a made preset comes with it", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { small: 1 }, parameters });
  await set(fx, "small", { instances: 4 });
  await set(fx, "Large", { instances: 2, parameters: { cpu: "8" } });
  const later = await publishTemplate(fx, { presets: { small: 1, other: 1 }, parameters });
  expect(await presetsOf(fx, later.versionId)).toMatchObject([
    { name: "Large", instances: 2, parameters: { cpu: "8" } },
    { name: "other", instances: 1 },
    { name: "small", instances: 4 },
  ]);
  const waiting = await pushVersion(fx, { presets: { small: 1 }, parameters });
  expect(await presetsOf(fx, waiting.versionId)).toMatchObject([{ name: "small", instances: 1 }]);
});

it("is taken back: the pool is as the template says, a made one ends, and later versions have neither", async () => {
  const fx = await testFixture();
  const { versionId } = await publishTemplate(fx, { presets: { small: 1 }, parameters });
  await set(fx, "small", { instances: 4, ttlSeconds: 7_200 });
  await set(fx, "Large", { instances: 2, parameters: { cpu: "8" } });
  for (const preset of ["small", "large"]) await unsetPool(fx.context, fx.admin, { template: "web", preset });
  expect(await presetsOf(fx, versionId)).toMatchObject([
    { name: "Large", instances: 0 },
    { name: "small", instances: 1, ttl_seconds: 0 },
  ]);
  const later = await publishTemplate(fx, { presets: { small: 1 }, parameters });
  expect(await presetsOf(fx, later.versionId)).toMatchObject([{ name: "small", instances: 1 }]);
  expect(await unsetPool(fx.context, fx.admin, { template: "web", preset: "small" })).toMatchObject({ wasSet: false });
});

it.each<[string, string, Parameters<typeof setPool>[2]["set"], string]>([
  ["values for a preset of the template", "small", { instances: 1, parameters: { cpu: "8" } }, "conflict"],
  ["a value that is no option", "Large", { instances: 1, parameters: { cpu: "3" } }, "invalid_manifest"],
  ["a parameter that there is not", "Large", { instances: 1, parameters: { gpu: "1" } }, "invalid_manifest"],
  ["an age below an hour", "small", { instances: 1, ttlSeconds: 60 }, "invalid_manifest"],
  [
    "schedules that overlap",
    "small",
    {
      instances: 1,
      schedules: [
        { cron: "* 8-18 * * 1-5", instances: 5 },
        { cron: "* 9 * * *", instances: 1 },
      ],
    },
    "invalid_manifest",
  ],
  ["a name that nobody could read", " ", { instances: 1 }, "invalid_manifest"],
])("is refused with %s, and nothing is stored", async (_what, preset, size, code) => {
  const fx = await testFixture();
  const { versionId } = await publishTemplate(fx, { presets: { small: 1 }, parameters });
  await expect(set(fx, preset, size)).rejects.toMatchObject({ code });
  expect(await presetsOf(fx, versionId)).toMatchObject([{ name: "small", instances: 1 }]);
  expect(await fx.rows("select pools from templates")).toEqual([{ pools: {} }]);
});

it("is refused for a deprecated template, which keeps nothing, and nothing is stored", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { small: 1 }, parameters });
  await deprecate(fx.context, fx.admin, { template: "web", deprecated: true });
  for (const preset of ["small", "Large"]) {
    await expect(set(fx, preset, { instances: 3 })).rejects.toMatchObject({ code: "template_deprecated" });
  }
  expect(await fx.rows("select pools from templates")).toEqual([{ pools: {} }]);
  await deprecate(fx.context, fx.admin, { template: "web", deprecated: false });
  expect(await set(fx, "small", { instances: 3 })).toMatchObject({ desired: 3 });
});

it("is said by whoever explains the pool, until it is taken back", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { small: 1, large: 1 } });
  await set(fx, "small", { instances: 2 });
  const sentences = async (preset: string) =>
    (await explain(fx.context, fx.alice, { template: "web", preset })).sentences.join(" ");
  expect(await sentences("small")).toContain("are set beside the template");
  expect(await sentences("large")).not.toContain("beside the template");
  await unsetPool(fx.context, fx.admin, { template: "web", preset: "small" });
  expect(await sentences("small")).not.toContain("beside the template");
});

it("is for template admins alone, and is in the audit log", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { small: 1 } });
  await expect(
    setPool(fx.context, fx.alice, { template: "web", preset: "small", set: { instances: 9 } }),
  ).rejects.toMatchObject({ code: "forbidden" });
  await set(fx, "small", { instances: 2 });
  const [entry] = await fx.rows("select action, detail from audit_log where action like 'pool.%' order by id desc");
  expect(entry).toMatchObject({ action: "pool.set", detail: { preset: "small", instances: 2 } });
});
