import { expect, it } from "vitest";
import type { WorkspaceId } from "../../src/contracts/ids.ts";
import { activate, suspend } from "../../src/app/identity/accounts.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import { failed, runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { day, hour, latestBuild, lifecycleColumns, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { publishTemplate, type TemplateInput } from "../support/templates.ts";

const minute = 60_000;

async function deployment(lifecycle: TemplateInput["lifecycle"], options: { readonly startAt?: string } = {}) {
  const fx = await testFixture(options);
  await publishTemplate(fx, { presets: { large: null }, ...(lifecycle === undefined ? {} : { lifecycle }) });
  return fx;
}

async function stopped(fx: Fixture, workspace: string) {
  await createBuild(fx.context, fx.alice, { workspace, transition: "stop" });
  await runJobs(fx);
}

async function auditOf(fx: Fixture, action: string) {
  return await fx.rows<{ detail: Record<string, unknown> }>("select detail from audit_log where action = $1", [action]);
}

it("a workspace is stopped when its TTL is over, once, and the audit says why", async () => {
  const fx = await deployment({ default_ttl: "1h" });
  const { workspace } = await runningWorkspace(fx);
  fx.clock.advance(hour - 1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1, errors: 0 });
  expect(await latestBuild(fx, workspace.id)).toEqual({
    transition: "stop",
    reason: "stopped: idle for 1 h",
    initiator: "system.lifecycle",
    number: 2,
  });
  // While its build is in flight nothing is repeated.
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  await runJobs(fx);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0, errors: 0 });
  expect(await auditOf(fx, "workspace.stop")).toEqual([
    { detail: { because: "autostop", reason: "stopped: idle for 1 h" } },
  ]);
});

it("a run begins when its build has ended, so a slow build costs nobody his TTL", async () => {
  const fx = await deployment({ default_ttl: "1h" });
  const { workspace } = await runningWorkspace(fx);
  await stopped(fx, workspace.id);
  expect((await lifecycleColumns(fx, workspace.id)).deadline_at).toBeNull();
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "start" });
  fx.clock.advance(50 * minute);
  await runJobs(fx);
  expect((await lifecycleColumns(fx, workspace.id)).deadline_at).toEqual(new Date(fx.clock.now().getTime() + hour));
});

it("a failed autostop is tried again later each time, never at once", async () => {
  const fx = await deployment({ default_ttl: "1h" });
  const { workspace } = await runningWorkspace(fx);
  fx.clock.advance(hour);
  await runLifecycle(fx);
  await runJobs(fx, () => failed);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  fx.clock.advance(minute);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
  await runJobs(fx, () => failed);
  fx.clock.advance(2 * minute - 1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
  await runJobs(fx);
  expect(await latestBuild(fx, workspace.id)).toMatchObject({
    number: 4,
    transition: "stop",
    reason: "stopped: tried again, as the stop before failed (2 in a row)",
  });
  fx.clock.advance(day);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0, errors: 0 });
});

it("autostart starts what is stopped at its moment, counts as no use, and starts nothing that was stopped after it", async () => {
  // A Tuesday.
  const fx = await deployment({ default_ttl: "2h" }, { startAt: "2030-01-01T06:00:00.000Z" });
  const { workspace } = await runningWorkspace(fx, { autostartSchedule: "0 9 * * 1-5 Europe/Berlin" });
  await stopped(fx, workspace.id);
  const { last_used_at } = await lifecycleColumns(fx, workspace.id);
  fx.clock.advance(2 * hour - 1);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ start: 1, errors: 0 });
  expect(await latestBuild(fx, workspace.id)).toMatchObject({
    transition: "start",
    reason: "started: autostart at 0 9 * * 1-5 Europe/Berlin",
  });
  await runJobs(fx);
  expect(await lifecycleColumns(fx, workspace.id)).toMatchObject({
    last_used_at,
    deadline_at: new Date(fx.clock.now().getTime() + 2 * hour),
  });
  await stopped(fx, workspace.id);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
});

it("an autostart that a server missed is made up for within an hour, and not after it", async () => {
  const fx = await deployment({}, { startAt: "2030-01-01T06:00:00.000Z" });
  const { workspace } = await runningWorkspace(fx, { autostartSchedule: "0 7 * * *" });
  await stopped(fx, workspace.id);
  fx.clock.advance(2 * hour + minute);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  fx.clock.advance(day - 2 * minute);
  expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
});

it("days on which a template allows no autostart start nothing", async () => {
  const fx = await deployment({ autostart: { days: ["sat", "sun"] } }, { startAt: "2030-01-01T06:00:00.000Z" });
  const { workspace } = await runningWorkspace(fx, { autostartSchedule: "0 7 * * *" });
  await stopped(fx, workspace.id);
  fx.clock.advance(hour);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  fx.clock.advance(4 * day);
  expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
});

it("nothing is started for an owner who is suspended, nor made up for when he is activated", async () => {
  const fx = await deployment({}, { startAt: "2030-01-01T06:00:00.000Z" });
  const { workspace } = await runningWorkspace(fx, { autostartSchedule: "0 7 * * *" });
  await stopped(fx, workspace.id);
  await suspend(fx.context, fx.admin, { username: "alice", reason: "leave" });
  fx.clock.advance(hour);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  await activate(fx.context, fx.admin, "alice");
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  fx.clock.advance(day);
  expect(await runLifecycle(fx)).toMatchObject({ start: 1 });
});

it("what a failed start has left is stopped after failure_ttl", async () => {
  const fx = await deployment({ failure_ttl: "30m" });
  const { workspace } = await runningWorkspace(fx);
  await stopped(fx, workspace.id);
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "start" });
  await runJobs(fx, () => failed);
  fx.clock.advance(30 * minute - 1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
  expect(await latestBuild(fx, workspace.id)).toMatchObject({
    reason: "stopped: its start failed 30 min ago",
  });
  await runJobs(fx, () => succeeded);
  expect(await runLifecycle(fx)).toMatchObject({ stop: 0 });
});

it("an unused workspace is stopped, dormant, announced, and deleted; each thing once", async () => {
  const fx = await deployment({ dormant_after: "10d", delete_dormant_after: "7d" });
  const { workspace } = await runningWorkspace(fx);
  fx.clock.advance(10 * day);
  expect(await runLifecycle(fx)).toMatchObject({ dormant: 1, errors: 0 });
  await runJobs(fx);
  const dormantAt = fx.clock.now();
  expect(await lifecycleColumns(fx, workspace.id)).toMatchObject({
    dormant_at: dormantAt,
    deleting_at: new Date(dormantAt.getTime() + 7 * day),
  });
  expect(await latestBuild(fx, workspace.id)).toMatchObject({
    transition: "stop",
    reason: "dormant: not used for 10 d",
  });
  for (let hours = 0; hours < 7 * 24 - 1; hours += 12) {
    fx.clock.advance(12 * hour - (hours === 0 ? 1 : 0));
    expect(await runLifecycle(fx)).toMatchObject({ dormant: 0, delete: 0, start: 0, errors: 0 });
  }
  const told = "select kind, count(*)::int from notifications where user_id = $1 group by kind order by kind";
  expect(await fx.rows(told, [fx.alice.userId])).toEqual([
    { kind: "workspace_deletion_soon", count: 1 },
    { kind: "workspace_dormant", count: 1 },
  ]);
  fx.clock.advance(1);
  expect(await runLifecycle(fx)).toMatchObject({ delete: 1 });
  await runJobs(fx);
  expect(
    await fx.number("select count(*) from workspaces where id = $1 and deleted_at is not null", [workspace.id]),
  ).toBe(1);
  expect((await auditOf(fx, "workspace.delete"))[0]?.detail["reason"]).toBe("deleted: dormant for 7 d");
});

it("a person's start wakes a dormant workspace, and autostart does not", async () => {
  const fx = await deployment({ dormant_after: "1d", delete_dormant_after: "7d" });
  const { workspace } = await runningWorkspace(fx, { autostartSchedule: "0 0 * * *" });
  await stopped(fx, workspace.id);
  fx.clock.advance(day);
  expect(await runLifecycle(fx)).toMatchObject({ dormant: 1, start: 0 });
  fx.clock.advance(day);
  expect(await runLifecycle(fx)).toMatchObject({ start: 0 });
  await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "start" });
  expect(await lifecycleColumns(fx, workspace.id)).toMatchObject({
    dormant_at: null,
    deleting_at: null,
    last_used_at: fx.clock.now(),
  });
});

it("two servers that run at once do each act once", async () => {
  const fx = await deployment({ default_ttl: "1h" });
  const ids: WorkspaceId[] = [];
  for (let nth = 0; nth < 5; nth += 1) ids.push((await runningWorkspace(fx)).workspace.id as WorkspaceId);
  fx.clock.advance(2 * hour);
  // Of one holder: as if there were no lease.
  const reports = await Promise.all([runLifecycle(fx), runLifecycle(fx), runLifecycle(fx)]);
  expect(reports.reduce((sum, report) => sum + Number(report["stop"]), 0)).toBe(5);
  expect(await fx.number("select count(*) from builds where transition = 'stop'")).toBe(5);
  expect(ids).toHaveLength(5);
});
