import { describe, expect, it } from "vitest";
import { loadPools } from "../../src/db/pools/load-pools.ts";
import { invalidatePresets } from "../../src/db/pools/preset-validation.ts";
import { writeSwitch } from "../../src/db/settings/settings.ts";
import { deletePrebuilds } from "../../src/db/pools/pool-deletes.ts";
import { createPrebuildsController } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import { concurrencyFor } from "../../src/controllers/prebuilds/prebuilds-deps.ts";
import type { PresetId } from "../../src/contracts/ids.ts";
import type { Db } from "../../src/db/store.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, ledgerState, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { createReconciler, reconcile, reconcilerDeps, reconcileTimes, runCycle } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const hour = 3_600_000;

async function live(fx: Fixture, presetId: PresetId): Promise<number> {
  const { building = 0, starting = 0, ready = 0 } = await ledgerCounts(fx, presetId);
  return building + starting + ready;
}

/** Publishes a version whose preset lacks a parameter that the version needs, which a push would refuse. */
async function publishInvalid(fx: Fixture): Promise<PresetId> {
  const template = await publishTemplate(fx);
  const parameters = JSON.stringify([{ name: "size" }]);
  const text = "update template_versions set manifest = jsonb_set(manifest, '{parameters}', $2) where id = $1";
  await fx.rows(text, [template.versionId, parameters]);
  return template.preset();
}

describe("the loop, over 8 cycles,", () => {
  it("99: fills two presets of one version, of which one has 4 starting: exactly 10 new ones", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { one: 4, two: 10 } });
    await putPrebuilds(fx, template.preset("one"), 4, { jobStatus: "running" });
    const stats = await reconcileTimes(fx, 8);
    expect(stats.map((cycle) => cycle.creates)).toEqual([10, 0, 0, 0, 0, 0, 0, 0]);
    expect(await ledgerCounts(fx, template.preset("one"))).toEqual({ building: 4 });
    expect(await ledgerCounts(fx, template.preset("two"))).toEqual({ building: 10 });
  });

  it("101: marks a preset that lacks a parameter of its version, creates nothing, and throws nothing", async () => {
    const fx = await testFixture();
    const presetId = await publishInvalid(fx);
    const stats = await reconcileTimes(fx, 8);
    expect(stats.map((cycle) => [cycle.creates, cycle.errors])).toEqual(Array.from({ length: 8 }, () => [0, 0]));
    expect(await fx.number("select count(*) from workspaces")).toBe(0);
    const [preset] = await fx.rows("select validation_failed_at, validation_message from presets where id = $1", [
      presetId,
    ]);
    expect(preset).toEqual({
      validation_failed_at: fx.clock.now(),
      validation_message: expect.stringContaining("size"),
    });
    const warnings = fx.logger.entries.filter((entry) => entry.level === "warn");
    expect(warnings, "it is tried, and said, once").toHaveLength(1);
  });

  it("102: deletes the prebuild of an old version although the preset of the new one is invalid", async () => {
    const fx = await testFixture();
    const old = await publishTemplate(fx);
    const workspaceId = await putPrebuild(fx, old.preset());
    await publishInvalid(fx);
    await reconcileTimes(fx, 8);
    expect(await ledgerState(fx, workspaceId)).toBe("draining");
  });
});

describe("100: schedules through the database, Monday 2025-06-02 in UTC:", () => {
  const scheduled = (...schedule: readonly { readonly cron: string; readonly instances: number }[]) => ({
    prebuilds: { instances: 1, scheduling: { timezone: "UTC", schedule: [...schedule] } },
  });
  it.each([
    ["01:00", 1, 1],
    ["03:00", 2, 1],
    ["07:00", 3, 1],
    ["11:00", 1, 4],
    ["15:00", 1, 5],
  ])("at %s the pools have %i and %i", async (time, one, two) => {
    const fx = await testFixture({ startAt: `2025-06-02T${time}:00.000Z` });
    const template = await publishTemplate(fx, {
      presets: {
        one: scheduled({ cron: "* 2-4 * * 1-5", instances: 2 }, { cron: "* 6-8 * * 1-5", instances: 3 }),
        two: scheduled({ cron: "* 10-12 * * 1-5", instances: 4 }, { cron: "* 14-16 * * 1-5", instances: 5 }),
      },
    });
    await reconcileTimes(fx, 2);
    expect([await live(fx, template.preset("one")), await live(fx, template.preset("two"))]).toEqual([one, two]);
  });
});

describe("expired and surplus prebuilds", () => {
  const withTtl = (instances: number) => ({ large: { prebuilds: { instances, expiration_policy: { ttl: 3_600 } } } });

  it.each([
    { name: "113", running: 2, base: 2, expired: 1, surplus: 0, created: 1 },
    { name: "114", running: 2, base: 2, expired: 2, surplus: 0, created: 2 },
    { name: "115", running: 4, base: 2, expired: 1, surplus: 1, created: 0 },
  ])("$name: of $running running, $expired expired, with base $base", async (pool) => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: withTtl(pool.base) })).preset();
    const expired = await putPrebuilds(fx, presetId, pool.expired, { ageMs: 2 * hour });
    const fresh = [];
    for (let nth = 0; nth < pool.running - pool.expired; nth += 1) {
      fresh.push(await putPrebuild(fx, presetId, { ageMs: hour / 2 - nth * 1_000 }));
    }
    await reconcileTimes(fx, 8);
    const drained = await fx.rows<{ workspace_id: string; drain_reason: string }>(
      "select workspace_id, drain_reason from prebuilds where state = 'draining' order by drain_reason",
    );
    expect(
      drained
        .filter((row) => row.drain_reason === "expired")
        .map((row) => row.workspace_id)
        .sort(),
    ).toEqual([...expired].sort());
    // The surplus is the oldest of those that are not expired.
    expect(drained.filter((row) => row.drain_reason === "extraneous").map((row) => row.workspace_id)).toEqual(
      fresh.slice(0, pool.surplus),
    );
    expect((await ledgerCounts(fx, presetId)).building ?? 0).toBe(pool.created);
  });

  it("invalidated ones are replaced, and one made after the invalidation stays", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 2 } });
    await putPrebuilds(fx, template.preset(), 1);
    const marked = await invalidatePresets(fx.store, {
      templateId: template.templateId,
      preset: null,
      now: fx.clock.now(),
    });
    expect(marked).toEqual({ presets: 1, prebuilds: 1 });
    const young = await putPrebuild(fx, template.preset(), { ageMs: 0 });
    await reconcileTimes(fx, 8);
    expect(await ledgerState(fx, young)).toBe("ready");
    expect(await ledgerCounts(fx, template.preset())).toEqual({ draining: 1, ready: 1, building: 1 });
  });

  it("124: from 20 to 1 takes one cycle", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuilds(fx, presetId, 20);
    expect(await reconcile(fx)).toMatchObject({ deletes: 19, creates: 0 });
    expect(await ledgerCounts(fx, presetId)).toEqual({ draining: 19, ready: 1 });
  });

  it("S10: a surplus goes at once, also while failures hold the creates back", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuilds(fx, presetId, 20);
    await putPrebuild(fx, presetId, { jobStatus: "failed", ageMs: 0 });
    expect(await reconcile(fx)).toMatchObject({ deletes: 19, creates: 0 });
  });

  it("123: one that is claimed between decision and action stays with its claimant, and the other deletes go on", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { large: 0 } });
    const doomed = await putPrebuilds(fx, template.preset(), 3);
    const [pool] = await loadPools(fx.store, { now: fx.clock.now(), backoffLookbackMs: 3_600_000 });
    const targets = pool?.prebuilds.map(({ workspaceId, generation }) => ({ workspaceId, generation })) ?? [];
    await fx.rows("update prebuilds set ready_at = ready_at - interval '1 hour' where workspace_id = $1", [doomed[1]]);
    const { workspace } = await create(fx);
    expect(workspace.id).toBe(doomed[1]);
    const deleted = await deletePrebuilds(fx.store, {
      targets,
      from: ["starting", "ready"],
      because: "extraneous",
      initiatorId: fx.admin.userId,
      now: fx.clock.now(),
    });
    expect(new Set(deleted)).toEqual(new Set([doomed[0], doomed[2]]));
    expect(await ledgerCounts(fx, template.preset())).toEqual({ claimed: 1, draining: 2 });
  });
});

describe("cycles", () => {
  it("119: paused, the loop creates and deletes nothing; resumed, it makes up for it", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 2 } })).preset();
    const pause = (isPaused: boolean): Promise<boolean> =>
      fx.store.transaction("test pause", (tx) =>
        writeSwitch(tx, { name: "pause", isTurned: isPaused, by: fx.admin.userId, now: fx.clock.now() }),
      );
    expect((await reconcile(fx)).creates).toBe(2);
    expect(await pause(true)).toBe(true);
    expect(await pause(true), "pausing twice changes nothing").toBe(false);
    await fx.rows("update jobs set status = 'failed', completed_at = created_at");
    await fx.rows("update prebuilds set state = 'failed'");
    const paused = await reconcileTimes(fx, 8);
    expect(paused.map((cycle) => [cycle.creates, cycle.deletes, cycle.isPaused])).toEqual(
      Array.from({ length: 8 }, () => [0, 0, true]),
    );
    expect(await pause(false)).toBe(true);
    expect((await reconcile(fx)).creates).toBe(2);
    expect(await live(fx, presetId)).toBe(2);
  });

  it("a delete names no version: it is built by that of the prebuild's last build, which may be an older one", async () => {
    const fx = await testFixture();
    const older = await publishTemplate(fx);
    const id = await putPrebuild(fx, older.preset());
    const newer = await publishTemplate(fx);
    expect(await reconcile(fx)).toMatchObject({ creates: 1, deletes: 1 });
    const versions = `select b.transition, b.template_version_id as of_build, j.template_version_id as of_job
      from builds b join jobs j on j.id = b.job_id where b.workspace_id = $1 order by b.number`;
    const own = { of_build: older.versionId, of_job: older.versionId };
    expect(await fx.rows(versions, [id])).toEqual([
      { transition: "start", ...own },
      { transition: "delete", ...own },
    ]);
    expect(newer.versionId).not.toBe(older.versionId);
  });

  it("120: the stats count all presets, and leave out of the reconciled those that need nothing", async () => {
    const fx = await testFixture();
    const older = await publishTemplate(fx, { presets: { one: 1, two: 1 } });
    // Its daemon is at it, so nothing is to be done about it in this cycle.
    await putPrebuild(fx, older.preset("two"), { jobStatus: "running" });
    await publishTemplate(fx, { presets: { one: 1 } });
    await publishTemplate(fx, { template: "poolless", presets: { plain: null } });
    const stats = await reconcile(fx);
    expect(stats).toMatchObject({ presetsTotal: 4, presetsReconciled: 1, creates: 1, errors: 0 });
    expect(await fx.number("select count(*) from decisions where preset_id = $1", [older.preset("two")])).toBe(0);
    expect(stats.elapsedMs).toBeGreaterThan(0);
  });

  it.each([
    [10, 5],
    [4, 2],
    [2, 1],
    [1, 1],
    [0, 1],
    [-5, 1],
  ])("121: %i connections allow %i creating at once", (connections, concurrency) => {
    expect(concurrencyFor(connections)).toBe(concurrency);
  });

  it("178: with 10 connections and 50 pools to fill, several are filled at a time, and never more than 5", async () => {
    const fx = await testFixture({ connectionsMax: 10 });
    const names = Array.from({ length: 50 }, (_, nth) => `preset-${nth}`);
    await publishTemplate(fx, { presets: Object.fromEntries(names.map((name) => [name, 6])) });
    const creating = { now: 0, most: 0 };
    const db: Db = {
      kind: "db",
      hasRoom: () => Promise.resolve(true),
      query: (statement, params) => fx.store.query(statement, params),
      snapshot: (name, run) => fx.store.snapshot(name, run),
      publish: (topics) => fx.store.publish(topics),
      transaction: (name, run) =>
        fx.store.transaction(name, async (tx) => {
          creating.now += 1;
          creating.most = Math.max(creating.most, creating.now);
          return await run(tx).finally(() => {
            creating.now -= 1;
          });
        }),
    };
    const stats = await runCycle(createPrebuildsController({ ...reconcilerDeps(fx), db }));
    expect(stats).toMatchObject({ creates: 300, errors: 0 });
    expect(creating.most).toBeGreaterThan(1);
    expect(creating.most).toBeLessThanOrEqual(5);
  });

  it("a cycle works through a pool of one connection", async () => {
    const fx = await testFixture({ connectionsMax: 1 });
    const presetId = (await publishTemplate(fx, { presets: { large: 600 } })).preset();
    expect((await reconcile(fx)).creates).toBe(600);
    expect(await ledgerCounts(fx, presetId)).toEqual({ building: 600 });
  });

  it("switched off, the loop does nothing at all", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuilds(fx, presetId, 3);
    const stats = await reconcile(fx, { policy: { disabled: true } });
    expect([stats.creates, stats.deletes, stats.cancels]).toEqual([0, 0, 0]);
  });

  it("in flight: a deployment's limit is shared, every pool gets its first before any gets its second", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { one: 5, two: 5, three: 5 } });
    const stats = await reconcileTimes(fx, 3, { inFlightMax: 4 });
    expect(stats.map((cycle) => [cycle.creates, cycle.held])).toEqual([
      [4, 11],
      [0, 11],
      [0, 11],
    ]);
    const each = await Promise.all(["one", "two", "three"].map((name) => live(fx, template.preset(name))));
    expect(each.toSorted((one, other) => one - other)).toEqual([1, 1, 2]);
  });

  it("keep at most so many decision records of a pool, one for each change of the decision", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    const reconciler = createReconciler(fx);
    for (let nth = 0; nth < 60; nth += 1) {
      await fx.rows("update presets set instances = $1", [nth + 2]);
      await runCycle(reconciler);
      await runCycle(reconciler);
    }
    const kept = await fx.number("select count(*) from decisions where preset_id = $1", [presetId]);
    expect(kept).toBe(50);
  });
});
