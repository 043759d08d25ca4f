// What is wrong inside of a workspace whose build went well, as its owner is told.
import { describe, expect, it } from "vitest";
import { acknowledge } from "../../src/app/agents/agents.ts";
import { getWorkspace } from "../../src/app/workspaces/workspaces.ts";
import type { Workspace } from "../../src/contracts/api/workspaces.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { build } from "../support/builds.ts";
import { agentChange, agentsReady, connectAgents, runJobs, runJobsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;

const seen = (fx: Fixture, id: string): Promise<Workspace> => getWorkspace(fx.context, fx.alice, id);

async function acknowledgeAll(fx: Fixture, id: string, error: string | null): Promise<void> {
  for (const agent of await liveAgents(fx.store, id as WorkspaceId)) {
    await acknowledge(fx.context, agent, { generation: 1, error });
  }
}

describe("a claim hook that fails", () => {
  const error = "The claim hook failed: it exited with 7. Its last line: no key";

  it("is told of a workspace that is usable all the same, until a start by which it went well", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { claimEffect: "none" });
    await reconcile(fx);
    await runJobsReady(fx);
    const { workspace, outcome } = await create(fx);
    expect(outcome).toBe("claimed");
    expect(await seen(fx, workspace.id)).not.toHaveProperty("trouble");
    await acknowledgeAll(fx, workspace.id, error);
    expect(await seen(fx, workspace.id)).toMatchObject({
      isUsable: true,
      trouble: { kind: "claim_failed", message: error },
    });
    for (const transition of ["stop", "start"] as const) {
      await build(fx, workspace.id as WorkspaceId, transition);
      expect(await seen(fx, workspace.id), "not while it is on its way").not.toHaveProperty("trouble");
      await runJobs(fx, () => ({ kind: "succeeded", claimEffect: "none" }));
    }
    await agentsReady(fx, [workspace.id as WorkspaceId]);
    await acknowledgeAll(fx, workspace.id, null);
    const again = await seen(fx, workspace.id);
    expect(again.isUsable).toBe(true);
    expect(again).not.toHaveProperty("trouble");
  });
});

describe("a workspace that was built cold", () => {
  async function cold(agent: object = {}): Promise<{ readonly fx: Fixture; readonly id: string }> {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null }, agents: [{ name: "main", ...agent }] });
    const { workspace } = await create(fx);
    await runJobs(fx);
    return { fx, id: workspace.id };
  }

  it("and whose prewarm hook failed says so, with its words", async () => {
    const { fx, id } = await cold();
    await connectAgents(fx, id as WorkspaceId);
    const detail = "The prewarm hook was ended: it ran longer than 600 s.";
    for (const agent of await liveAgents(fx.store, id as WorkspaceId)) {
      await agentChange(fx, agent.id, { kind: "state", state: "start_timeout", told: { detail, version: "test" } });
    }
    expect((await seen(fx, id)).trouble).toEqual({ kind: "prewarm_failed", message: detail });
  });

  it.each([
    [{}, 10 * minute, "10 min"],
    [{ connect_timeout: 90 }, 1.5 * minute, "1 min 30 s"],
  ])("and whose agent (%o) never comes says so when its time is over", async (agent, limitMs, text) => {
    const { fx, id } = await cold(agent);
    fx.clock.advance(limitMs - 1);
    expect(await seen(fx, id)).not.toHaveProperty("trouble");
    fx.clock.advance(1);
    expect((await seen(fx, id)).trouble).toEqual({
      kind: "not_connected",
      message: `Agent "main" did not connect within ${text} after the build.`,
    });
    await agentsReady(fx, [id as WorkspaceId]);
    expect(await seen(fx, id)).not.toHaveProperty("trouble");
  });
});

describe("a stop hook that fails", () => {
  const error = "The stop hook failed: it exited with 3. Its last line: disk is full";

  async function stopped(detail: string): Promise<{ readonly fx: Fixture; readonly id: WorkspaceId }> {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null } });
    const { workspace } = await create(fx);
    await runJobs(fx);
    const id = workspace.id as WorkspaceId;
    await agentsReady(fx, [id]);
    await build(fx, id, "stop");
    for (const agent of await liveAgents(fx.store, id)) {
      await agentChange(fx, agent.id, { kind: "state", state: "off", told: { detail, version: "test" } });
    }
    await runJobs(fx);
    return { fx, id };
  }

  it("is told of the stopped workspace, until it is started again", async () => {
    const { fx, id } = await stopped(error);
    expect(await seen(fx, id)).toMatchObject({ status: "stopped", stopError: error });
    await build(fx, id, "start");
    await runJobs(fx);
    expect(await seen(fx, id)).not.toHaveProperty("stopError");
    fx.clock.advance(minute);
    await build(fx, id, "stop");
    await runJobs(fx);
    expect(await seen(fx, id), "of an earlier stop").not.toHaveProperty("stopError");
  });

  it("is not told where it went well, nor for what another hook said before", async () => {
    for (const detail of ["", "The start hook failed: it exited with 1."]) {
      const { fx, id } = await stopped(detail);
      expect(await seen(fx, id)).not.toHaveProperty("stopError");
    }
  });
});
