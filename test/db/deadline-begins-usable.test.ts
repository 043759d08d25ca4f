// A run's time begins when its owner can use the workspace, not while its hooks are still at work.
import { expect, it } from "vitest";
import { acknowledge } from "../../src/app/agents/agents.ts";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { create } from "../support/claims.ts";
import { agentsReady, connectAgents, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { latestBuild, lifecycleColumns, runLifecycle } from "../support/lifecycle.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const hooks = {
  prewarm: { run: "sleep 100", timeout: 300 },
  start: { run: "true", timeout: 30 },
  claim: { run: "true", timeout: 60 },
};

/** A workspace with a TTL of a minute and slow hooks, whose build has ended. */
async function booting(): Promise<{ readonly fx: Fixture; readonly id: WorkspaceId }> {
  const fx = await testFixture();
  const lifecycle = { default_ttl: "1m", max_ttl: "10m" };
  await publishTemplate(fx, {
    presets: { large: null },
    agents: [{ name: "main", connect_timeout: 120, hooks }],
    lifecycle,
  });
  const { workspace } = await create(fx);
  await runJobs(fx);
  const id = workspace.id as WorkspaceId;
  await connectAgents(fx, id);
  return { fx, id };
}

async function becomesUsable(fx: Fixture, id: WorkspaceId): Promise<void> {
  await agentsReady(fx, [id]);
  for (const agent of await liveAgents(fx.store, id)) {
    await acknowledge(fx.context, agent, { generation: 1, error: null });
  }
}

it("a workspace whose TTL is shorter than its hook is not stopped before it is usable, and has all of it then", async () => {
  const { fx, id } = await booting();
  fx.clock.advance(100_000);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  await becomesUsable(fx, id);
  const { deadline_at: deadlineAt } = await lifecycleColumns(fx, id);
  expect(deadlineAt).toEqual(new Date(fx.clock.now().getTime() + minute));
  fx.clock.advance(minute - 1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  // An agent that is restarted says once more that it knows its owner, and that begins nothing anew.
  await becomesUsable(fx, id);
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
  expect(await latestBuild(fx, id)).toMatchObject({ transition: "stop", number: 2 });
});

it("one that never becomes usable is stopped when the time of its agent and its hooks is over", async () => {
  const { fx } = await booting();
  fx.clock.advance((120 + 300 + 30 + 60) * 1_000 - 1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
});

it("a deadline that is farther away, or none, stays as it is", async () => {
  const { fx, id } = await booting();
  const far = new Date(fx.clock.now().getTime() + 60 * minute);
  await fx.rows("update workspaces set deadline_at = $2 where id = $1", [id, far]);
  await becomesUsable(fx, id);
  expect((await lifecycleColumns(fx, id)).deadline_at).toEqual(far);
});
