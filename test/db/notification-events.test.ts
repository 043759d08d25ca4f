// Each change is told once, to whom it concerns, in its own transaction (issue: notifications).
import { describe, expect, it } from "vitest";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import { resumePool, setPaused } from "../../src/app/prebuilds/manage-pools.ts";
import type { DaemonId, PresetId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import { promoteVersion } from "../../src/db/templates/template-versions.ts";
import { daemonSeen, registerDaemon } from "../../src/db/daemons/daemons.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { create } from "../support/claims.ts";
import { failed, runJobs, runJobsReady } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { registerDaemon as startLeasing } from "../support/leasing-daemon.ts";
import { lifecycleOf, runningWorkspace } from "../support/lifecycle.ts";
import { inboxKinds, outbox, watch, withMail } from "../support/notifications.ts";
import { memberOf } from "../support/organizations.ts";
import { putPrebuild } from "../support/prebuild-rows.ts";
import { reconcile, reconcileTimes } from "../support/reconcile.ts";
import { finishImport, publishTemplate, pushVersion } from "../support/templates.ts";

const minute = 60_000;
const hour = 60 * minute;

async function makeTemplateAdmin(fx: Fixture, username: string) {
  const actor = await fx.addUser(username);
  await fx.rows("update organization_members set role = 'template_admin' where user_id = $1", [actor.userId]);
  return actor;
}

async function failThree(fx: Fixture): Promise<void> {
  const template = await publishTemplate(fx, { presets: { large: 1 } });
  for (let nth = 0; nth < 3; nth += 1) {
    await putPrebuild(fx, template.preset(), { jobStatus: "failed", ageMs: (3 - nth) * minute });
  }
}

describe("a pool", () => {
  it("that is hard-limited over eight cycles of two servers is told once, and its recovery once", async () => {
    const fx = await testFixture();
    const tess = await makeTemplateAdmin(fx, "tess");
    await failThree(fx);
    const other = fx.addServer();
    // Of one holder: as if there were no lease.
    await Promise.all([reconcileTimes(fx, 4), reconcileTimes(other, 4, { holder: fx.id })]);
    for (const { userId } of [fx.admin, tess]) expect(await inboxKinds(fx, userId)).toEqual(["pool_hard_limited"]);
    expect(await inboxKinds(fx, fx.alice.userId)).toEqual([]);
    await resumePool(fx.context, fx.admin, { template: "web", preset: "large" });
    await Promise.all([reconcileTimes(fx, 4), reconcileTimes(other, 4, { holder: fx.id })]);
    expect(await inboxKinds(fx, tess.userId)).toEqual(["pool_hard_limited", "pool_recovered"]);
    const [recovered] = await fx.rows("select detail ->> 'because' as because from notifications order by id desc");
    expect(recovered).toEqual({ because: "resumed" });
  });

  it("that recovers by its probe and fails again is told of each change", async () => {
    const fx = await testFixture();
    await failThree(fx);
    await reconcile(fx);
    fx.clock.advance(11 * minute);
    await reconcile(fx);
    expect((await runJobsReady(fx)).length).toBe(1);
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited", "pool_recovered"]);
    const [preset] = await fx.rows<{ id: PresetId }>("select id from presets");
    if (preset === undefined) throw new Error("there is a preset");
    fx.clock.advance(minute);
    for (let nth = 0; nth < 3; nth += 1) await putPrebuild(fx, preset.id, { jobStatus: "failed", ageMs: 3 - nth });
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited", "pool_recovered", "pool_hard_limited"]);
  });
});

describe("a pool that was hard-limited, and whose template gets another version", () => {
  const limitedAndRecovered = ["pool_hard_limited", "pool_recovered"];

  async function ready(fx: Fixture): Promise<void> {
    await reconcile(fx);
    expect((await runJobsReady(fx)).length).toBeGreaterThan(0);
  }

  it("is told to have recovered once, when a prebuild of that version is ready", async () => {
    const fx = await testFixture();
    await failThree(fx);
    await reconcile(fx);
    // The clock stands: what happens in one instant happens in its order all the same.
    await publishTemplate(fx, { presets: { large: 1 } });
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId), "nothing is built yet").toEqual(["pool_hard_limited"]);
    await ready(fx);
    const other = fx.addServer();
    await Promise.all([reconcileTimes(fx, 4), reconcileTimes(other, 4, { holder: fx.id })]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(limitedAndRecovered);
    const [recovered] = await fx.rows("select detail from notifications order by id desc");
    expect(recovered).toMatchObject({ detail: { template: "web", preset: "large", because: "built" } });
    await publishTemplate(fx, { presets: { large: 1 } });
    await ready(fx);
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId), "the version after that").toEqual(limitedAndRecovered);
  });

  it("is told of once more when that version is hard-limited as well, and of one recovery after both", async () => {
    const fx = await testFixture();
    for (const told of [1, 2]) {
      await failThree(fx);
      await reconcileTimes(fx, 2);
      expect(await inboxKinds(fx, fx.admin.userId)).toEqual(Array(told).fill("pool_hard_limited"));
      fx.clock.advance(hour);
    }
    await publishTemplate(fx, { presets: { large: 1 } });
    await ready(fx);
    await reconcileTimes(fx, 3);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited", ...limitedAndRecovered]);
  });

  it("is told of after a version that is promoted by hand, and the pools beside it are not", async () => {
    const fx = await testFixture();
    const presets = { large: 1, small: 1 };
    const first = await publishTemplate(fx, { presets });
    for (let nth = 0; nth < 3; nth += 1) {
      await putPrebuild(fx, first.preset("large"), { jobStatus: "failed", ageMs: (3 - nth) * minute });
    }
    const second = await publishTemplate(fx, { presets, activate: false });
    await reconcile(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited"]);
    expect(
      await fx.store.transaction("test promote", (tx) => promoteVersion(tx, second.versionId, fx.clock.now())),
    ).toBe(true);
    await ready(fx);
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(limitedAndRecovered);
    expect(await fx.number("select count(*) from notifications where detail ->> 'preset' = 'small'")).toBe(0);
  });

  it("is told of by the prebuild that was ready all the time, when the version before comes back", async () => {
    const fx = await testFixture();
    const surge = { rollout: { strategy: "surge" as const } };
    const good = await publishTemplate(fx, { ...surge, presets: { large: 1 } });
    await ready(fx);
    const bad = await publishTemplate(fx, { ...surge, presets: { large: 1 } });
    for (let nth = 0; nth < 3; nth += 1) {
      await putPrebuild(fx, bad.preset(), { jobStatus: "failed", ageMs: (3 - nth) * minute });
    }
    await reconcile(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["pool_hard_limited"]);
    fx.clock.advance(minute);
    await fx.store.transaction("test promote", (tx) => promoteVersion(tx, good.versionId, fx.clock.now()));
    await reconcileTimes(fx, 2);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(limitedAndRecovered);
  });
});

describe("a build", () => {
  it("of a person's workspace that fails is told to its owner alone", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 0 } });
    const { workspace } = await create(fx);
    await runJobs(fx, () => failed);
    expect(await inboxKinds(fx, fx.alice.userId)).toEqual(["build_failed"]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual([]);
    const [row] = await fx.rows("select subject, detail ->> 'error' as error from notifications");
    expect(row).toEqual({ subject: `The start of your workspace ${workspace.name} failed`, error: "scripted" });
    await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "start" });
    await runJobs(fx, () => failed);
    expect(await inboxKinds(fx, fx.alice.userId), "a person's next try").toHaveLength(2);
  });

  it("that the executor repeats by itself is told the first time only", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: null }, lifecycle: { default_ttl: "1h" } });
    await runningWorkspace(fx);
    fx.clock.advance(2 * hour);
    for (let nth = 0; nth < 4; nth += 1) {
      const lifecycle = lifecycleOf(fx);
      await lifecycle.run(new AbortController().signal);
      await lifecycle.release?.();
      await runJobs(fx, () => failed);
      fx.clock.advance(hour);
    }
    expect(await fx.number("select count(*) from builds where transition = 'stop'")).toBeGreaterThan(1);
    expect(await inboxKinds(fx, fx.alice.userId)).toEqual(["build_failed"]);
  });

  it("of a prebuild that fails tells nobody by itself", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 1 } });
    await reconcile(fx);
    expect(await runJobs(fx, () => failed)).toHaveLength(1);
    expect(await fx.number("select count(*) from notifications")).toBe(0);
    expect(await fx.number("select count(*) from notification_events")).toBe(0);
    expect(await fx.rows("select failed_at from workspaces"), "nor is it one to clean up").toEqual([
      { failed_at: null },
    ]);
  });
});

it("an import that fails is told to template admins of its organization, and one that is cancelled to nobody", async () => {
  const fx = await testFixture();
  const tess = await makeTemplateAdmin(fx, "tess");
  const otto = await makeTemplateAdmin(fx, "otto");
  const { organizations } = await memberOf(fx, "elsewhere");
  await fx.rows("update organization_members set organization_id = $1 where user_id = $2", [
    organizations[0]?.id,
    otto.userId,
  ]);
  const pushed = await pushVersion(fx);
  await finishImport(fx, pushed, failed);
  await finishImport(fx, await pushVersion(fx), { kind: "canceled" });
  for (const { userId } of [fx.admin, tess]) expect(await inboxKinds(fx, userId)).toEqual(["template_import_failed"]);
  for (const { userId } of [fx.alice, otto]) expect(await inboxKinds(fx, userId)).toEqual([]);
});

describe("an external daemon", () => {
  async function registered(fx: Fixture, kind: "external" | "builtin", name: string): Promise<DaemonId> {
    const id = await registerDaemon(fx.store, {
      keyId: null,
      isNameGiven: false,
      id: systemRandom.uuid() as DaemonId,
      name,
      kind,
      incarnation: systemRandom.uuid(),
      tags: {},
      drivers: ["fake"],
      unavailable: [],
      unisolated: [],
      concurrency: 1,
      version: "test",
      now: fx.clock.now(),
    });
    if (id === undefined) throw new Error(`the name ${name} was refused`);
    return id;
  }

  it("that is silent longer than the limit is told once as lost, and once as back; a builtin one never is", async () => {
    const fx = await testFixture();
    const id = await registered(fx, "external", "rack-2");
    await registered(fx, "builtin", "server");
    fx.clock.advance(5 * minute);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId), "exactly at the limit").toEqual([]);
    fx.clock.advance(1);
    const other = fx.addServer();
    for (let nth = 0; nth < 3; nth += 1) await Promise.all([watch(fx), watch(other)]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost"]);
    await daemonSeen(fx.store, id, fx.clock.now());
    for (let nth = 0; nth < 3; nth += 1) await Promise.all([watch(fx), watch(other)]);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost", "daemon_back"]);
    fx.clock.advance(hour);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost", "daemon_back", "daemon_lost"]);
    expect(await inboxKinds(fx, fx.alice.userId)).toEqual([]);
  });

  it("that signed off is never told as lost, nor one that was lost as back before it is started again", async () => {
    const fx = await testFixture();
    await (await startLeasing(fx, { name: "rack-2" })).signOff();
    fx.clock.advance(hour);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual([]);
    const daemon = await startLeasing(fx, { name: "rack-2" });
    fx.clock.advance(hour);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost"]);
    await daemon.signOff();
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost"]);
    await startLeasing(fx, { name: "rack-2" });
    for (let nth = 0; nth < 2; nth += 1) await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["daemon_lost", "daemon_back"]);
  });
});

it("a pause is told once after an hour, and the next pause once again", async () => {
  const fx = await testFixture();
  const other = fx.addServer();
  for (const told of [1, 2]) {
    await setPaused(fx.context, fx.admin, true);
    fx.clock.advance(hour - 1);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toHaveLength(told - 1);
    fx.clock.advance(1);
    for (let nth = 0; nth < 3; nth += 1) await Promise.all([watch(fx), watch(other)]);
    fx.clock.advance(24 * hour);
    await watch(fx);
    expect(await inboxKinds(fx, fx.admin.userId)).toHaveLength(told);
    await setPaused(fx.context, fx.admin, false);
    fx.clock.advance(1);
  }
  const [row] = await fx.rows("select detail ->> 'by' as by from notifications order by id desc limit 1");
  expect(row).toEqual({ by: "admin" });
});

it("what is told is written with its change, or not at all", async () => {
  const fx = await testFixture();
  await withMail(fx);
  const pushed = await pushVersion(fx);
  await fx.rows("alter table notification_deliveries add constraint broken check (channel = 'webhook') not valid");
  await expect(finishImport(fx, pushed, failed)).rejects.toThrow("broken");
  expect(await fx.number("select count(*) from notifications")).toBe(0);
  expect(await fx.number("select count(*) from template_versions where status = 'importing'")).toBe(1);
  await fx.rows("alter table notification_deliveries drop constraint broken");
  await finishImport(fx, pushed, failed);
  expect(await inboxKinds(fx, fx.admin.userId)).toEqual(["template_import_failed"]);
  expect(await outbox(fx)).toMatchObject([{ channel: "email", status: "pending", attempts: 0 }]);
  expect(fx.published).toContain(`inbox:${fx.admin.userId}`);
  expect(fx.published).toContain("notifications");
  expect(
    await fx.number("select count(*) from notifications where organization_id = $1", [defaultOrganizationId]),
  ).toBe(1);
});
