// A workspace with automatic updates takes the active version at its start, whoever starts it (spec §4).
import { describe, expect, it } from "vitest";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { codeOf } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { day, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const size: ManifestParameter = { name: "size", type: "string", default: "small" };
/** Has no default, so nobody can take a version with it without saying what he wants. */
const region: ManifestParameter = { name: "region", type: "string" };

interface LatestRow {
  readonly version_id: string;
  readonly parameters: Record<string, string>;
  readonly reason: string;
}

async function latestOf(fx: Fixture, workspaceId: string): Promise<LatestRow | undefined> {
  const [row] = await fx.rows<LatestRow>(
    `select b.template_version_id as version_id, b.parameters, b.reason
    from workspaces w
    join builds b on b.id = w.latest_build_id
    where w.id = $1`,
    [workspaceId],
  );
  return row;
}

/** A version with these parameters; its preset has values for those without a default, as it must. */
function publish(fx: Fixture, parameters: ManifestParameter[]): Promise<PublishedTemplate> {
  const required = parameters.filter((parameter) => parameter.default === undefined);
  const values = Object.fromEntries(required.map(({ name }) => [name, "south"]));
  return publishTemplate(fx, { presets: { large: { parameters: values } }, parameters });
}

/** A stopped workspace of a first version, whose parameter `size` is `huge`. */
async function stopped(
  fx: Fixture,
  input: { readonly automaticUpdates: boolean; readonly autostartSchedule?: string },
) {
  const first = await publish(fx, [size]);
  const { workspace } = await runningWorkspace(fx, { ...input, parameters: { size: "huge" } });
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
  await runJobs(fx);
  return { first, id: workspace.id };
}

const start = (fx: Fixture, id: string, parameters?: Record<string, string>) =>
  createBuild(fx.context, fx.alice, {
    workspace: id,
    transition: "start",
    ...(parameters === undefined ? {} : { parameters }),
  });

describe("a start", () => {
  it("takes the active version, with the values that the workspace has and the new defaults", async () => {
    const fx = await testFixture();
    const { id } = await stopped(fx, { automaticUpdates: true });
    const second = await publish(fx, [size, { name: "disk", type: "string", default: "10" }]);
    const { latestBuild: build } = await start(fx, id);
    expect(await latestOf(fx, id)).toEqual({
      version_id: second.versionId,
      parameters: { size: "huge", disk: "10" },
      reason: "",
    });
    expect(build.reason).toBe("");
  });

  it("of a workspace that did not ask for it stays with its version", async () => {
    const fx = await testFixture();
    const { id, first } = await stopped(fx, { automaticUpdates: false });
    await publish(fx, [size, region]);
    await start(fx, id);
    expect(await latestOf(fx, id)).toEqual({ version_id: first.versionId, parameters: { size: "huge" }, reason: "" });
  });

  it("that cannot have the active version is made with the one before, and says why; with the value it is updated", async () => {
    const fx = await testFixture();
    const { id, first } = await stopped(fx, { automaticUpdates: true });
    const second = await publish(fx, [size, region]);
    const { latestBuild: build } = await start(fx, id);
    expect(await latestOf(fx, id)).toMatchObject({ version_id: first.versionId, parameters: { size: "huge" } });
    expect(build.reason).toMatch(/^not updated to version .*parameter "region": /);
    await runJobs(fx);
    await start(fx, id, { region: "north" });
    expect(await latestOf(fx, id)).toEqual({
      version_id: second.versionId,
      parameters: { size: "huge", region: "north" },
      reason: "",
    });
  });

  it("that asks for the update itself, or for a value that no version takes, is refused as ever", async () => {
    const fx = await testFixture();
    const { id, first } = await stopped(fx, { automaticUpdates: true });
    await publish(fx, [size, region]);
    const asked = createBuild(fx.context, fx.alice, { workspace: id, transition: "start", update: true });
    expect(await codeOf(asked)).toBe("invalid_parameter");
    expect(await codeOf(start(fx, id, { colour: "red" }))).toBe("invalid_parameter");
    expect(await latestOf(fx, id)).toMatchObject({ version_id: first.versionId });
  });

  it("is the only one that updates: a stop and a delete are made with the version that runs", async () => {
    const fx = await testFixture();
    const { id, first } = await stopped(fx, { automaticUpdates: true });
    await start(fx, id);
    await runJobs(fx);
    await publish(fx, [size]);
    for (const transition of ["stop", "delete"] as const) {
      await createBuild(fx.context, fx.alice, { workspace: id, transition });
      expect(await latestOf(fx, id)).toMatchObject({ version_id: first.versionId });
      await runJobs(fx);
    }
  });
});

describe("an autostart", () => {
  const everyMorning = { automaticUpdates: true, autostartSchedule: "0 9 * * *" };

  it("takes the active version too", async () => {
    const fx = await testFixture();
    const { id } = await stopped(fx, everyMorning);
    const second = await publish(fx, [size]);
    fx.clock.advance((9 * day) / 24);
    expect(await runLifecycle(fx)).toMatchObject({ errors: 0 });
    expect(await latestOf(fx, id)).toMatchObject({ version_id: second.versionId, parameters: { size: "huge" } });
  });

  it("that cannot have it starts the version before, and says so beside its reason", async () => {
    const fx = await testFixture();
    const { id, first } = await stopped(fx, everyMorning);
    await publish(fx, [size, region]);
    fx.clock.advance((9 * day) / 24);
    expect(await runLifecycle(fx)).toMatchObject({ errors: 0 });
    const latest = await latestOf(fx, id);
    expect(latest?.version_id).toBe(first.versionId);
    expect(latest?.reason).toMatch(/^started: autostart at .*; not updated to version .*parameter "region": /);
  });
});
