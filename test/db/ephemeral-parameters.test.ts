// A value that holds for one build only is not what the next one begins with, whoever starts that (decision 0077).
import { expect, it } from "vitest";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const size: ManifestParameter = { name: "size", default: "small" };
const fresh: ManifestParameter = { name: "Start afresh?", type: "bool", default: false, ephemeral: true };
const tags: ManifestParameter = { name: "tags", type: "list", default: ["a"], ephemeral: true };
const said = { size: "big", "Start afresh?": "true", tags: '["b"]' };
const reset = { size: "big", "Start afresh?": "false", tags: '["a"]' };

const parametersOf = async (fx: Fixture, id: string) =>
  (
    await fx.rows<{ parameters: Record<string, string> }>(
      `select b.parameters
      from workspaces w
      join builds b on b.id = w.latest_build_id
      where w.id = $1`,
      [id],
    )
  )[0]?.parameters;

async function built(fx: Fixture): Promise<string> {
  const { workspace } = await create(fx, { parameters: said });
  await runJobs(fx);
  expect(await parametersOf(fx, workspace.id)).toEqual(said);
  return workspace.id;
}

async function buildOf(fx: Fixture, workspace: string, build: Omit<Parameters<typeof createBuild>[2], "workspace">) {
  await createBuild(fx.context, fx.alice, { workspace, ...build });
  await runJobs(fx);
  return await parametersOf(fx, workspace);
}

it("a stop, a start and a start with something else have the defaults again, and keep what is no such value", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {}, parameters: [size, fresh, tags] });
  const id = await built(fx);
  expect(await buildOf(fx, id, { transition: "stop" })).toEqual(reset);
  expect(await buildOf(fx, id, { transition: "start" })).toEqual(reset);
  const once = await buildOf(fx, id, { transition: "start", parameters: { "Start afresh?": "true" } });
  expect(once).toEqual({ ...reset, "Start afresh?": "true" });
  expect(await buildOf(fx, id, { transition: "start", parameters: { size: "huge" } })).toEqual({
    ...reset,
    size: "huge",
  });
});

it("an update has the defaults of the version that it takes, and what is said with it", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: {}, parameters: [size, fresh, tags] });
  const id = await built(fx);
  await publishTemplate(fx, { presets: {}, parameters: [size, { ...fresh, default: true }, tags] });
  const updated = await buildOf(fx, id, { transition: "start", update: true, parameters: { tags: '["c"]' } });
  expect(updated).toEqual({ size: "big", "Start afresh?": "true", tags: '["c"]' });
});

it("an unclaimed prebuild is started with what its preset says for this build", async () => {
  const fx = await testFixture();
  const presets = { large: { parameters: { "Start afresh?": true }, prebuilds: { instances: 1 } } };
  const preset = (await publishTemplate(fx, { presets, parameters: [fresh] })).preset();
  const workspace = await putPrebuild(fx, preset);
  const before = { "Start afresh?": "true" };
  expect(await parametersOf(fx, workspace)).toEqual(before);
  await createBuild(fx.context, fx.admin, { workspace, transition: "stop" });
  await runJobs(fx);
  expect(await parametersOf(fx, workspace)).toEqual(before);
});

it("a number that may only grow does so from one build to the next", async () => {
  const fx = await testFixture();
  const disk: ManifestParameter = {
    name: "Disk size",
    type: "number",
    default: 10,
    validation: { monotonic: "increasing" },
  };
  await publishTemplate(fx, { presets: {}, parameters: [disk] });
  const { workspace } = await create(fx, { parameters: { "Disk size": "20" } });
  await runJobs(fx);
  const grow = (to: string) => ({ transition: "start", parameters: { "Disk size": to } }) as const;
  expect(await codeOf(createBuild(fx.context, fx.alice, { workspace: workspace.id, ...grow("19") }))).toBe(
    "invalid_parameter",
  );
  expect(await buildOf(fx, workspace.id, grow("30"))).toEqual({ "Disk size": "30" });
  expect(await codeOf(createBuild(fx.context, fx.alice, { workspace: workspace.id, ...grow("20") }))).toBe(
    "invalid_parameter",
  );
});
