// Conformance I, cases 157 to 160, 163 and 164, and fault S13: unclaimed prebuilds have no lifecycle, the claimed have.
import { describe, expect, it } from "vitest";
import type { Actor } from "../../src/app/authorize.ts";
import { changeTemplatePolicy } from "../../src/app/templates/template-lifecycle.ts";
import { changeDormancy } from "../../src/app/workspaces/dormancy.ts";
import { changeSchedule, extendDeadline, getSchedule } from "../../src/app/workspaces/schedule.ts";
import { createBuild } from "../../src/app/workspaces/workspaces.ts";
import { actOnWorkspace } from "../../src/controllers/lifecycle/lifecycle-act.ts";
import type { BuildId, WorkspaceId } from "../../src/contracts/ids.ts";
import { defaultOrganizationId } from "../../src/contracts/system-ids.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { claimOnce, codeOf, create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { interleaved } from "../support/interleave.ts";
import { day, hour, latestBuild, lifecycleColumns, runLifecycle, runningWorkspace } from "../support/lifecycle.ts";
import { ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const strict = {
  default_ttl: "1h",
  max_ttl: "4h",
  failure_ttl: "1h",
  dormant_after: "1d",
  delete_dormant_after: "1d",
} as const;

async function pool(): Promise<{ readonly fx: Fixture; readonly template: PublishedTemplate }> {
  const fx = await testFixture();
  return { fx, template: await publishTemplate(fx, { presets: { large: 1 }, lifecycle: strict }) };
}

function templateAdminOf(actor: Actor): Actor {
  return {
    ...actor,
    organizations: actor.organizations.map((membership) => ({ ...membership, role: "template_admin" as const })),
  };
}

const audits = async (fx: Fixture) => await fx.number("select count(*) from audit_log");
const everyLifecycleColumn =
  "select ttl_ms, autostart_schedule, deadline_at, dormant_at, deleting_at, last_used_at, failed_at from workspaces order by id";

describe("an unclaimed prebuild", () => {
  it("takes no TTL, no autostart, no extension and no dormancy: 409 each, whoever asks (157)", async () => {
    const { fx, template } = await pool();
    const workspace = await putPrebuild(fx, template.preset());
    for (const actor of [fx.admin, templateAdminOf(fx.alice)]) {
      const refused = [
        () => changeSchedule(fx.context, actor, { workspace, ttlMs: hour }),
        () => changeSchedule(fx.context, actor, { workspace, autostartSchedule: "0 9 * * *" }),
        () => extendDeadline(fx.context, actor, { workspace, byMs: hour }),
        () => changeDormancy(fx.context, actor, { workspace, dormant: true }),
        () => getSchedule(fx.context, actor, { workspace }),
      ];
      for (const attempt of refused) expect(await codeOf(attempt())).toBe("prebuild_immutable");
    }
    expect(await codeOf(changeSchedule(fx.context, fx.alice, { workspace, ttlMs: hour }))).toBe("not_found");
  });

  it("is ignored by the executor for autostop, autostart, default TTL, dormancy, failure clean-up (158)", async () => {
    const { fx, template } = await pool();
    // One made by the reconciler, and one in every state that the rules look at.
    await reconcile(fx);
    await runJobs(fx);
    await putPrebuild(fx, template.preset(), { ageMs: 100 * day });
    await putPrebuild(fx, template.preset(), { jobStatus: "failed", ageMs: 100 * day });
    await putPrebuild(fx, template.preset(), { transition: "stop", ageMs: 100 * day });
    // Even with columns that they never have.
    await fx.rows(
      `update workspaces set ttl_ms = 1, autostart_schedule = '0 0 * * *', deadline_at = created_at,
      last_used_at = created_at, failed_at = created_at`,
    );
    await fx.rows("update workspaces set dormant_at = created_at, deleting_at = created_at where name like '%a%'");
    fx.clock.advance(100 * day);
    const before = await fx.rows(everyLifecycleColumn);
    const builds = await fx.number("select count(*) from builds");
    expect(await runLifecycle(fx)).toEqual({ start: 0, stop: 0, delete: 0, dormant: 0, noticed: 0, errors: 0 });
    for (const { id } of await fx.rows<{ id: WorkspaceId }>("select id from workspaces")) {
      expect(
        await actOnWorkspace({ db: fx.store, random: systemRandom, isQuotaEnabled: false }, id, fx.clock.now()),
      ).toBeNull();
    }
    expect(await fx.rows(everyLifecycleColumn)).toEqual(before);
    expect(await fx.number("select count(*) from builds")).toBe(builds);
  });

  it("is left alone also where its owner is a person by mistake and only the ledger says that nobody claimed it", async () => {
    const { fx, template } = await pool();
    fx.breakOnPurpose();
    const id = await putPrebuild(fx, template.preset(), { ageMs: 100 * day });
    await fx.rows(
      `update workspaces set owner_id = $1, ttl_ms = 1, deadline_at = created_at, last_used_at = created_at`,
      [fx.alice.userId],
    );
    expect(await runLifecycle(fx)).toMatchObject({ stop: 0, delete: 0, dormant: 0, errors: 0 });
    expect(
      await actOnWorkspace({ db: fx.store, random: systemRandom, isQuotaEnabled: false }, id, fx.clock.now()),
    ).toBeNull();
  });

  it("has every lifecycle field empty when the reconciler has made it", async () => {
    const { fx } = await pool();
    await reconcile(fx);
    await runJobs(fx);
    const [row] = await fx.rows(everyLifecycleColumn);
    expect(Object.values(row ?? {}).every((value) => value === null)).toBe(true);
  });

  it("is left alone by a change of its template's schedule, which people's workspaces follow (159)", async () => {
    const { fx, template } = await pool();
    const prebuild = await putPrebuild(fx, template.preset(), { ageMs: 3 * day });
    const { workspace } = await runningWorkspace(fx, { preset: "large", ttlMs: hour });
    const other = await putPrebuild(fx, template.preset(), { ageMs: 3 * day });
    await changeDormancy(fx.context, fx.alice, { workspace: workspace.id, dormant: true });
    await runJobs(fx);
    const left = workspace.id === prebuild ? other : prebuild;
    const before = await lifecycleColumns(fx, left);
    await changeTemplatePolicy(fx.context, fx.admin, {
      template: "web",
      changes: { defaultTtlMs: hour, dormantAfterMs: hour, deleteDormantAfterMs: 2 * day, failureTtlMs: hour },
    });
    expect(await lifecycleColumns(fx, left)).toEqual(before);
    const { dormant_at, deleting_at } = await lifecycleColumns(fx, workspace.id);
    expect(Number(deleting_at) - Number(dormant_at)).toBe(2 * day);
    fx.clock.advance(hour);
    expect(await runLifecycle(fx)).toMatchObject({ stop: 0, dormant: 0 });
    expect(await ledgerState(fx, left)).toBe("ready");
  });
});

describe("a claimed workspace", () => {
  it("has TTL, deadline and autostart from the request and the template, at the claim (160)", async () => {
    const { fx, template } = await pool();
    await putPrebuilds(fx, template.preset(), 2, { ageMs: 30 * day });
    const plain = await create(fx, { preset: "large" });
    expect(plain.outcome).toBe("claimed");
    const now = fx.clock.now();
    expect(await lifecycleColumns(fx, plain.workspace.id)).toEqual({
      ttl_ms: hour,
      autostart_schedule: null,
      deadline_at: new Date(now.getTime() + hour),
      dormant_at: null,
      deleting_at: null,
      last_used_at: now,
    });
    const asked = await create(fx, {
      preset: "large",
      ttlMs: 2 * hour,
      autostartSchedule: "0 9 * * 1-5 Europe/Berlin",
    });
    expect(asked.outcome).toBe("claimed");
    expect(asked.workspace).toMatchObject({
      ttlMs: 2 * hour,
      autostartSchedule: "0 9 * * 1-5 Europe/Berlin",
      deadlineAt: new Date(now.getTime() + 2 * hour).toISOString(),
    });
    expect(await lifecycleColumns(fx, asked.workspace.id)).toMatchObject({
      ttl_ms: 2 * hour,
      autostart_schedule: "0 9 * * 1-5 Europe/Berlin",
      deadline_at: new Date(now.getTime() + 2 * hour),
    });
  });

  it("has its own TTL and autostart also when many are claimed at once (160)", async () => {
    const { fx, template } = await pool();
    await putPrebuilds(fx, template.preset(), 12);
    const hours = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4];
    const created = await Promise.all(
      hours.map((ttl) => create(fx, { preset: "large", ttlMs: ttl * hour, autostartSchedule: `${ttl} 9 * * *` })),
    );
    expect(created.map((one) => one.outcome)).toEqual(hours.map(() => "claimed"));
    for (const [nth, ttl] of hours.entries()) {
      expect(await lifecycleColumns(fx, created[nth]?.workspace.id ?? "")).toMatchObject({
        ttl_ms: ttl * hour,
        autostart_schedule: `${ttl} 9 * * *`,
        deadline_at: new Date(fx.clock.now().getTime() + ttl * hour),
      });
    }
  });

  it("is stopped, becomes dormant and is deleted like any other (160)", async () => {
    const { fx, template } = await pool();
    await putPrebuild(fx, template.preset(), { ageMs: 30 * day });
    const { workspace } = await create(fx, { preset: "large" });
    fx.clock.advance(hour);
    expect(await runLifecycle(fx)).toMatchObject({ stop: 1 });
    await runJobs(fx);
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ dormant: 1, stop: 0 });
    fx.clock.advance(day);
    expect(await runLifecycle(fx)).toMatchObject({ delete: 1, errors: 0 });
    await runJobs(fx);
    expect(await latestBuild(fx, workspace.id)).toMatchObject({ reason: "deleted: dormant for 1 d" });
  });

  it("is not created outside of what the template allows: nothing has left the pool", async () => {
    const { fx, template } = await pool();
    const id = await putPrebuild(fx, template.preset());
    for (const wrong of [{ ttlMs: 5 * hour }, { ttlMs: null }, { autostartSchedule: "every day" }]) {
      expect(await codeOf(create(fx, { preset: "large", ...wrong }))).toBe("lifecycle_refused");
    }
    expect(await ledgerState(fx, id)).toBe("ready");
    await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { isAutostartAllowed: false } });
    expect(await codeOf(create(fx, { preset: "large", autostartSchedule: "0 9 * * *" }))).toBe("lifecycle_refused");
    expect(await ledgerState(fx, id)).toBe("ready");
  });
});

describe("S13: the executor and a claim at 23 h 59 m of idleness", () => {
  const idle = { ageMs: 23 * hour + 59 * 60_000 };

  async function claimed(fx: Fixture, id: WorkspaceId): Promise<void> {
    const columns = await lifecycleColumns(fx, id);
    expect(columns).toMatchObject({
      deadline_at: new Date(fx.clock.now().getTime() + hour),
      last_used_at: fx.clock.now(),
      dormant_at: null,
    });
    expect(await runLifecycle(fx)).toMatchObject({ stop: 0, dormant: 0, delete: 0 });
    fx.clock.advance(hour - 1);
    expect(await runLifecycle(fx)).toMatchObject({ stop: 0, dormant: 0 });
    fx.clock.advance(1);
    expect(await runLifecycle(fx)).toMatchObject({ stop: 1, dormant: 0 });
  }

  it("before and after the claim: only the claimed one has a deadline, a full hour away", async () => {
    const { fx, template } = await pool();
    const ids = await putPrebuilds(fx, template.preset(), 3, idle);
    expect(await runLifecycle(fx)).toMatchObject({ stop: 0, dormant: 0 });
    const { workspace } = await create(fx, { preset: "large" });
    const others = ids.filter((id) => id !== workspace.id);
    await claimed(fx, workspace.id as WorkspaceId);
    for (const id of others) {
      expect(await ledgerState(fx, id)).toBe("ready");
      expect(Object.values(await lifecycleColumns(fx, id)).every((value) => value === null)).toBe(true);
    }
  });

  it.each([
    1, 2, 3,
  ])("the claim comes after statement %i of an act on the prebuild: nothing is done to it", async (nth) => {
    const { fx, template } = await pool();
    const id = await putPrebuild(fx, template.preset(), idle);
    const lifecycle = { ttlMs: hour, autostartSchedule: null };
    let other: Promise<unknown> = Promise.resolve();
    const act = await actOnWorkspace(
      {
        random: systemRandom,
        isQuotaEnabled: false,
        db: {
          ...fx.store,
          kind: "db",
          hasRoom: () => Promise.resolve(true),
          query: (statement, params) => fx.store.query(statement, params),
          snapshot: (name, run) => fx.store.snapshot(name, run),
          publish: () => undefined,
          transaction: (name, run) =>
            fx.store.transaction(name, async (tx) => {
              const both = interleaved(fx, tx, {
                nth,
                work: () => claimOnce(fx, fx.store, { ...template, presetId: template.preset() }, { lifecycle }),
              });
              ({ other } = both);
              return await run(both.tx);
            }),
        },
      },
      id,
      fx.clock.now(),
    );
    expect(act).toBeNull();
    const first = await other;
    // A claim passes over a row that is locked; then it is the next one that gets it.
    if (first === undefined) {
      await claimOnce(fx, fx.store, { ...template, presetId: template.preset() }, { lifecycle });
    }
    expect(await ledgerState(fx, id)).toBe("claimed");
    await claimed(fx, id);
  });

  it("the executor comes while a claim is open: it waits, and sees the claimed one with its hour", async () => {
    const { fx, template } = await pool();
    const id = await putPrebuild(fx, template.preset(), idle);
    const acted = await fx.store.transaction("claim", async (tx) => {
      const both = interleaved(fx, tx, {
        nth: 1,
        work: () => actOnWorkspace({ db: fx.store, random: systemRandom, isQuotaEnabled: false }, id, fx.clock.now()),
      });
      const row = await claimOnce(
        fx,
        both.tx,
        { ...template, presetId: template.preset() },
        {
          organizationId: defaultOrganizationId,
          buildId: systemRandom.uuid() as BuildId,
          lifecycle: { ttlMs: hour, autostartSchedule: null },
        },
      );
      expect(row?.workspace_id).toBe(id);
      return { other: both.other };
    });
    expect(await acted.other).toBeNull();
    await claimed(fx, id);
  });
});

describe("settings", () => {
  it("that are saved unchanged are not audited, and tell nobody (163)", async () => {
    const { fx } = await pool();
    const { workspace } = await runningWorkspace(fx, { ttlMs: hour, autostartSchedule: "0 9 * * *" });
    await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { defaultTtlMs: 2 * hour } });
    await changeDormancy(fx.context, fx.alice, { workspace: workspace.id, dormant: true });
    await runJobs(fx);
    const before = await audits(fx);
    const published = fx.published.length;
    const [deadline] = [(await lifecycleColumns(fx, workspace.id)).deadline_at];
    await changeSchedule(fx.context, fx.alice, {
      workspace: workspace.id,
      ttlMs: hour,
      autostartSchedule: "0 9 * * *",
    });
    await changeSchedule(fx.context, fx.alice, { workspace: workspace.id });
    await changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes: { defaultTtlMs: 2 * hour } });
    await changeDormancy(fx.context, fx.alice, { workspace: workspace.id, dormant: true });
    expect(await audits(fx)).toBe(before);
    expect(fx.published.length).toBe(published);
    expect((await lifecycleColumns(fx, workspace.id)).deadline_at).toEqual(deadline);
    await changeSchedule(fx.context, fx.alice, { workspace: workspace.id, ttlMs: 2 * hour });
    await changeDormancy(fx.context, fx.alice, { workspace: workspace.id, dormant: false });
    expect(await audits(fx)).toBe(before + 2);
  });

  it("a TTL begins anew, an extension stays within the template's limit, and what has no deadline has none to extend", async () => {
    const { fx } = await pool();
    const { workspace } = await runningWorkspace(fx);
    const began = fx.clock.now().getTime();
    fx.clock.advance(hour / 2);
    const longer = await changeSchedule(fx.context, fx.alice, { workspace: workspace.id, ttlMs: 3 * hour });
    expect(longer.deadlineAt).toBe(new Date(began + 3.5 * hour).toISOString());
    expect(longer.maxDeadlineAt).toBe(new Date(began + 4 * hour).toISOString());
    const more = { workspace: workspace.id, byMs: hour / 2 };
    expect((await extendDeadline(fx.context, fx.alice, more)).deadlineAt).toBe(
      new Date(began + 4 * hour).toISOString(),
    );
    expect(await codeOf(extendDeadline(fx.context, fx.alice, more))).toBe("lifecycle_refused");
    await createBuild(fx.context, fx.alice, { workspace: workspace.id, transition: "stop" });
    await runJobs(fx);
    expect(await codeOf(extendDeadline(fx.context, fx.alice, more))).toBe("conflict");
  });

  it("of a template that contradict each other are refused", async () => {
    const { fx } = await pool();
    const changes = { defaultTtlMs: 5 * hour };
    expect(await codeOf(changeTemplatePolicy(fx.context, fx.admin, { template: "web", changes }))).toBe(
      "invalid_request",
    );
    expect(await codeOf(changeTemplatePolicy(fx.context, fx.alice, { template: "web", changes: {} }))).toBe(
      "forbidden",
    );
  });
});

it("a template admin may delete a prebuild but not a person's workspace; a member may do neither (164)", async () => {
  const { fx, template } = await pool();
  const prebuild = await putPrebuild(fx, template.preset());
  const { workspace } = await runningWorkspace(fx, { template: "web", preset: "large", by: fx.admin });
  const left = workspace.id === prebuild ? await putPrebuild(fx, template.preset()) : prebuild;
  const member = await fx.addUser("bob");
  const admin = templateAdminOf(fx.alice);
  const remove = (actor: Actor, id: string) => createBuild(fx.context, actor, { workspace: id, transition: "delete" });
  expect(await codeOf(remove(member, left))).toBe("not_found");
  expect(await codeOf(remove(member, workspace.id))).toBe("not_found");
  expect(await codeOf(remove(admin, workspace.id))).toBe("not_found");
  expect((await remove(admin, left)).status).toBe("pending");
  expect(await ledgerState(fx, left)).toBe("draining");
});
