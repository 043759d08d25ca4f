import { expect, it } from "vitest";
import { createActivity } from "../../src/controllers/lifecycle/activity.ts";
import type { AgentId, WorkspaceId } from "../../src/contracts/ids.ts";
import { liveAgents } from "../../src/db/agents/agents.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { hour, lifecycleColumns, runningWorkspace } from "../support/lifecycle.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const goOn = new AbortController().signal;

async function agentsOf(fx: Fixture, id: string): Promise<AgentId[]> {
  return (await liveAgents(fx.store, id as WorkspaceId)).map((agent) => agent.id);
}

async function note(fx: Fixture, agentIds: readonly AgentId[], connected: readonly AgentId[] = []): Promise<unknown> {
  const uses = { usedAgents: () => agentIds, connectedAgents: () => connected, useNoted: () => undefined };
  const { fields } = await createActivity({ db: fx.store, clock: fx.clock, uses }).run(goOn);
  return fields["used"];
}

it("use moves the deadline by the template's bump, never back, and at most to the limit of the run", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, {
    presets: { large: null },
    lifecycle: { default_ttl: "1h", max_ttl: "3h", activity_bump: "90m" },
  });
  const { workspace } = await runningWorkspace(fx, {});
  const began = fx.clock.now().getTime();
  const agents = await agentsOf(fx, workspace.id);
  const deadline = async () => Number((await lifecycleColumns(fx, workspace.id)).deadline_at) - began;
  fx.clock.advance(2 * minute);
  expect(await note(fx, agents)).toBe(1);
  expect(await deadline()).toBe(92 * minute);
  fx.clock.advance(90 * minute);
  await note(fx, agents);
  expect(await deadline()).toBe(3 * hour);
  fx.clock.advance(hour);
  await note(fx, agents);
  expect(await deadline()).toBe(3 * hour);
  expect((await lifecycleColumns(fx, workspace.id)).last_used_at).toEqual(fx.clock.now());
});

it("a use is written at most once a minute, and nothing at all while nobody uses anything", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null } });
  const { workspace } = await runningWorkspace(fx);
  const agents = await agentsOf(fx, workspace.id);
  fx.clock.advance(2 * minute);
  expect(await note(fx, agents)).toBe(1);
  fx.clock.advance(30_000);
  expect(await note(fx, agents)).toBe(0);
  const { statements, transactions } = fx.store.counters;
  expect(await note(fx, [])).toBe(0);
  expect(fx.store.counters).toMatchObject({ statements, transactions });
  // Without a TTL there is no deadline to move.
  expect((await lifecycleColumns(fx, workspace.id)).deadline_at).toBeNull();
});

it("being connected moves a deadline where the template says so, and nowhere else", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null }, lifecycle: { default_ttl: "1h" } });
  const idle = await runningWorkspace(fx, {});
  const lifecycle = { default_ttl: "1h", activity: "connected" } as const;
  await publishTemplate(fx, { template: "talkative", presets: { large: null }, lifecycle });
  const open = await runningWorkspace(fx, { template: "talkative" });
  const agents = [...(await agentsOf(fx, idle.workspace.id)), ...(await agentsOf(fx, open.workspace.id))];
  const before = (await lifecycleColumns(fx, idle.workspace.id)).deadline_at;
  const locker = async () => await fx.rows("select xmax from workspaces where id = $1", [idle.workspace.id]);
  const lockedBefore = await locker();
  fx.clock.advance(10 * minute);
  expect(await note(fx, [], agents)).toBe(1);
  expect((await lifecycleColumns(fx, idle.workspace.id)).deadline_at).toEqual(before);
  expect(await locker(), "not even locked").toEqual(lockedBefore);
  expect((await lifecycleColumns(fx, open.workspace.id)).last_used_at).toEqual(fx.clock.now());
  expect(Number((await lifecycleColumns(fx, open.workspace.id)).deadline_at)).toBe(fx.clock.now().getTime() + hour);
});

it("an unclaimed prebuild is not used by anybody", async () => {
  const fx = await testFixture();
  const template = await publishTemplate(fx, { presets: { large: 1 }, lifecycle: { default_ttl: "1h" } });
  const id = await putPrebuild(fx, template.preset());
  fx.clock.advance(hour);
  expect(await note(fx, await agentsOf(fx, id))).toBe(0);
  expect((await lifecycleColumns(fx, id)).last_used_at).toBeNull();
});

it("a use that could not be stored is told again, until it is", async () => {
  const fx = await testFixture();
  await publishTemplate(fx, { presets: { large: null } });
  const { workspace } = await runningWorkspace(fx);
  const used = new Set(await agentsOf(fx, workspace.id));
  const uses = {
    usedAgents: () => [...used],
    connectedAgents: () => [],
    useNoted: (ids: readonly AgentId[]) => ids.forEach((id) => used.delete(id)),
  };
  const away = { ...fx.store, transaction: async () => await Promise.reject(new Error("the database is away")) };
  await expect(createActivity({ db: away as never, clock: fx.clock, uses }).run(goOn)).rejects.toThrow("away");
  fx.clock.advance(2 * minute);
  expect((await createActivity({ db: fx.store, clock: fx.clock, uses }).run(goOn)).fields["used"]).toBe(1);
  expect(used.size).toBe(0);
});
