// What is due comes to its turn, whatever else fails; and a rule counts from when it came into force.
import { describe, expect, it } from "vitest";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { changeDormancy } from "../../src/app/workspaces/dormancy.ts";
import { changeSchedule } from "../../src/app/workspaces/schedule.ts";
import { changeTemplatePolicy } from "../../src/app/templates/template-lifecycle.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import { actsPerRunMax, lookForDue } from "../../src/controllers/lifecycle/lifecycle-look.ts";
import { createPutOff } from "../../src/controllers/lifecycle/put-off.ts";
import { failed, runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { day, hour, latestBuild, lifecycleOf, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { publishTemplate, type TemplateInput } from "../support/templates.ts";

const second = 1_000;

async function deployment(lifecycle: TemplateInput["lifecycle"] = {}, startAt = "2030-01-01T06:00:00.000Z") {
  const fx = await testFixture({ startAt });
  await publishTemplate(fx, { presets: { large: null }, lifecycle });
  return fx;
}

async function stoppedWorkspace(fx: Fixture, autostartSchedule?: string): Promise<string> {
  const { workspace } = await runningWorkspace(fx, autostartSchedule === undefined ? {} : { autostartSchedule });
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
  await runJobs(fx);
  return workspace.id;
}

describe("deletion", () => {
  it("a dormant workspace whose owner's delete has failed is deleted when it is due, and tried again", async () => {
    const fx = await deployment({ dormant_after: "1d", delete_dormant_after: "4d" });
    const id = await stoppedWorkspace(fx);
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ dormant: 1 });
    await createBuild(fx.context, fx.alice, { workspace: id, transition: "delete" });
    await runJobs(fx, () => failed);
    fx.clock.advance(4 * day);
    expect(await runLifecycle(fx)).toMatchObject({ delete: 1, errors: 0 });
    await runJobs(fx, () => failed);
    fx.clock.advance(hour);
    expect(await runLifecycle(fx)).toMatchObject({ delete: 1, errors: 0 });
    await runJobs(fx);
    expect(await fx.number("select count(*) from workspaces where id = $1 and deleted_at is not null", [id])).toBe(1);
  });

  it("a look does not take again what came to nothing a moment ago, and takes the others", async () => {
    const fx = await deployment({ dormant_after: "1d", delete_dormant_after: "4d" });
    const ids = [await stoppedWorkspace(fx), await stoppedWorkspace(fx)] as [string, string];
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ dormant: 2 });
    fx.clock.advance(4 * day);
    const now = fx.clock.now();
    const look = { now, isDormancyAsked: true };
    const except = { acts: [ids[0] as WorkspaceId], notices: [] };
    expect((await lookForDue(fx.store, { ...look, except: { acts: [], notices: [] } })).acts).toHaveLength(2);
    expect((await lookForDue(fx.store, { ...look, except })).acts).toEqual([ids[1]]);
  });

  it("more workspaces than a run takes, all of which cannot be deleted, keep no other from being deleted", async () => {
    const fx = await deployment({ dormant_after: "1d", delete_dormant_after: "4d" });
    const id = await stoppedWorkspace(fx);
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ dormant: 1 });
    // Their builds have the last number there is, so that every further one fails.
    await fx.rows(
      `with w as (
        insert into workspaces (id, organization_id, owner_id, template_id, name, latest_build_id, created_at, last_used_at,
          dormant_at, deleting_at)
        select gen_random_uuid(), organization_id, owner_id, template_id, 'broken-' || n, gen_random_uuid(), created_at,
          last_used_at, dormant_at, deleting_at - interval '1 hour'
        from workspaces, generate_series(1, $2::int) n
        where id = $1
        returning *)
      insert into builds (id, workspace_id, number, transition, stage, template_version_id, initiator_id, parameters, created_at)
      select latest_build_id, id, 2147483647, 'stop', 'ordinary',
        (select template_version_id from builds where workspace_id = $1 limit 1), owner_id, '{}', created_at
      from w`,
      [id, actsPerRunMax],
    );
    fx.breakOnPurpose();
    fx.clock.advance(4 * day);
    const executor = lifecycleOf(fx);
    const goOn = new AbortController().signal;
    expect((await executor.run(goOn)).fields).toMatchObject({ errors: actsPerRunMax, delete: 0 });
    expect((await executor.run(goOn)).fields).toMatchObject({ errors: 0, delete: 1 });
    expect(await latestBuild(fx, id)).toMatchObject({ transition: "delete" });
  });

  it("what came to nothing is asked again later each time, and at once when it has worked", () => {
    const putOff = createPutOff();
    const id = "b6a0a0b4-4c53-4b84-9c2b-8f6d5a7e1a11" as WorkspaceId;
    putOff.add(id, 0);
    expect([putOff.now(59 * second), putOff.now(60 * second)]).toEqual([[id], []]);
    putOff.add(id, 60 * second);
    expect([putOff.now(179 * second), putOff.now(180 * second)]).toEqual([[id], []]);
    putOff.forget(id);
    expect(putOff.now(61 * second)).toEqual([]);
  });
});

it("a shorter policy deletes no dormant workspace before its owner was told", async () => {
  const fx = await deployment({ dormant_after: "1d", delete_dormant_after: "90d" });
  const id = await stoppedWorkspace(fx);
  fx.clock.advance(day);
  expect(await runLifecycle(fx)).toMatchObject({ dormant: 1 });
  fx.clock.advance(30 * day);
  await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { deleteDormantAfterMs: 10 * day } });
  expect(await runLifecycle(fx)).toMatchObject({ delete: 0, noticed: 1 });
  fx.clock.advance(3 * day);
  expect(await runLifecycle(fx)).toMatchObject({ delete: 1 });
  expect(await latestBuild(fx, id)).toMatchObject({ transition: "delete" });
});

describe("autostart", () => {
  it("set a moment after its moment starts nothing until the next", async () => {
    const fx = await deployment();
    const workspace = await stoppedWorkspace(fx);
    fx.clock.advance(hour + 20 * second);
    await changeSchedule(fx.context, fx.alice, { workspace, autostartSchedule: "0 7 * * *" });
    expect(await runLifecycle(fx)).toMatchObject({ start: 0, errors: 0 });
    fx.clock.advance(day - 21 * second);
    expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
    fx.clock.advance(second);
    expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
  });

  it("whose TTL alone is changed is still made up for", async () => {
    const fx = await deployment();
    const workspace = await stoppedWorkspace(fx, "0 7 * * *");
    fx.clock.advance(hour + 20 * second);
    await changeSchedule(fx.context, fx.alice, { workspace, ttlMs: hour });
    expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
  });

  it("that passed over a dormant workspace does not start it when it is woken", async () => {
    const fx = await deployment();
    const workspace = await stoppedWorkspace(fx, "0 7 * * *");
    await changeDormancy(fx.context, fx.alice, { workspace, dormant: true });
    fx.clock.advance(hour + 20 * second);
    await changeDormancy(fx.context, fx.alice, { workspace, dormant: false });
    expect(await runLifecycle(fx)).toMatchObject({ start: 0, errors: 0 });
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
  });

  it("that a template allows again starts nothing for moments at which it was not allowed", async () => {
    const fx = await deployment({ autostart: { allowed: true } });
    const workspace = await stoppedWorkspace(fx, "0 7 * * *");
    await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { isAutostartAllowed: false } });
    fx.clock.advance(hour + 20 * second);
    await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { isAutostartAllowed: true } });
    expect(await runLifecycle(fx)).toMatchObject({ start: 0, errors: 0 });
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
    expect(await latestBuild(fx, workspace)).toMatchObject({ transition: "start" });
  });
});
