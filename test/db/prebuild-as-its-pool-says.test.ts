// A prebuild is handed out as what its preset says, whoever has stopped and started it before.
import { describe, expect, it } from "vitest";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import type { ManifestParameter } from "../../src/contracts/manifest-parameter.ts";
import { codeOf, create } from "../support/claims.ts";
import { agentsReady, failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerState, putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const size: ManifestParameter = { name: "size", type: "string", default: "small" };
const publish = (fx: Fixture) =>
  publishTemplate(fx, {
    presets: { large: { parameters: { size: "big" }, prebuilds: { instances: 1 } } },
    parameters: [size],
  });

async function parked(fx: Fixture) {
  const workspace = await putPrebuild(fx, (await publish(fx)).preset());
  await createBuild(fx.context, fx.admin, { workspace, transition: "stop" });
  await runJobs(fx);
  expect(await ledgerState(fx, workspace)).toBe("parked");
  return workspace;
}

describe("a parked prebuild", () => {
  it("is not started with other values or another version, and stays as it is", async () => {
    const fx = await testFixture();
    const workspace = await parked(fx);
    const start = { workspace, transition: "start" } as const;
    await publish(fx);
    for (const refused of [{ parameters: { size: "huge" } }, { parameters: { nope: "1" } }, { update: true }]) {
      expect(await codeOf(createBuild(fx.context, fx.admin, { ...start, ...refused }))).toBe("prebuild_immutable");
    }
    expect(await ledgerState(fx, workspace)).toBe("parked");
  });

  it("that fails when a person starts it is not one more failed prebuild of its pool", async () => {
    const fx = await testFixture();
    const workspace = await parked(fx);
    await createBuild(fx.context, fx.admin, { workspace, transition: "start" });
    await runJobs(fx, () => failed);
    expect(await ledgerState(fx, workspace)).toBe("failed");
    expect(await fx.number("select count(*) from pool_events where kind = 'failed'")).toBe(0);
  });

  it("gets no deadline by a start, whatever its columns hold", async () => {
    const fx = await testFixture();
    const workspace = await parked(fx);
    // Nothing sets it before the claim; a database of an earlier release may have it.
    await fx.rows("update workspaces set ttl_ms = 3600000 where id = $1", [workspace]);
    await createBuild(fx.context, fx.admin, { workspace, transition: "start" });
    expect(await fx.rows("select deadline_at from workspaces where id = $1", [workspace])).toEqual([
      { deadline_at: null },
    ]);
  });

  it("is started as it is, and claimed as that", async () => {
    const fx = await testFixture();
    const workspace = await parked(fx);
    await createBuild(fx.context, fx.admin, { workspace, transition: "start", parameters: { size: "big" } });
    await runJobs(fx);
    await agentsReady(fx, [workspace]);
    const { outcome, workspace: claimed } = await create(fx, { preset: "large" });
    expect({ outcome, id: claimed.id }).toEqual({ outcome: "claimed", id: workspace });
  });
});

it("a claimed workspace is its owner's, who starts it with what he wants", async () => {
  const fx = await testFixture();
  const preset = (await publish(fx)).preset();
  await putPrebuild(fx, preset);
  const { workspace } = await create(fx, { preset: "large" });
  await runJobs(fx);
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
  await runJobs(fx);
  await createBuild(fx.context, fx.alice, {
    workspace: workspace.id,
    transition: "start",
    parameters: { size: "huge" },
  });
  expect(
    await fx.rows("select parameters ->> 'size' as size from builds where workspace_id = $1 and number > 2", [
      workspace.id,
    ]),
  ).toContainEqual({ size: "huge" });
});
