import { describe, expect, it } from "vitest";
import type { Controller } from "../../src/controllers/controller.ts";
import { startController } from "../../src/controllers/driver.ts";
import { createPrebuildsController } from "../../src/controllers/prebuilds/prebuilds-controller.ts";
import { deprecate, removeTemplate } from "../../src/app/templates/templates.ts";
import { prebuildsUserId } from "../../src/contracts/system-ids.ts";
import { createPrebuilds } from "../../src/db/pools/pool-creates.ts";
import { invalidatePresets } from "../../src/db/pools/preset-validation.ts";
import type { Db } from "../../src/db/store.ts";
import { type Clock, offsetClock } from "../../src/platform/clock.ts";
import { memoryLogger } from "../../src/platform/logger.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuilds } from "../support/prebuild-rows.ts";
import { createReconciler, reconcilerDeps, runCycle } from "../support/reconcile.ts";
import type { TestServer } from "../support/server.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const contenders = 5;

/** As if so much time had passed for the lease: its clock is the database's. */
async function ageLease(fx: Fixture): Promise<void> {
  await fx.rows("update leases set expires_at = expires_at - interval '1 minute'");
}

/** A reconciler of its own server that says when it is inside its critical section. */
function watched(server: TestServer, inside: { now: number; most: number }): Controller {
  const { store } = server;
  // A cycle may look twice: once more after it has made what a pool needs.
  let isInside = false;
  const watchedDb: Db = {
    kind: "db",
    hasRoom: () => Promise.resolve(true),
    query: (statement, params) => store.query(statement, params),
    transaction: (name, run) => store.transaction(name, run),
    publish: (topics) => store.publish(topics),
    snapshot: async (name, run) => {
      if (!isInside) inside.now += 1;
      isInside = true;
      inside.most = Math.max(inside.most, inside.now);
      return await store.snapshot(name, run);
    },
  };
  const controller = createPrebuildsController({ ...reconcilerDeps(server), db: watchedDb });
  return {
    ...controller,
    run: async (shouldStop) => {
      isInside = false;
      return await controller.run(shouldStop);
    },
  };
}

describe("108: five reconcilers that contend", () => {
  it("never overlap in their critical sections, and the losers return without acting", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 3 } })).preset();
    const inside = { now: 0, most: 0 };
    const servers = Array.from({ length: contenders }, () => fx.addServer({ connectionsMax: 2 }));
    const controllers = servers.map((server) => watched(server, inside));
    for (let round = 0; round < 10; round += 1) {
      const stats = await Promise.all(
        controllers.map(async (controller) => {
          const one = await runCycle(controller);
          if (one !== undefined) inside.now -= 1;
          return one;
        }),
      );
      const winners = stats.filter((one) => one !== undefined);
      expect(winners).toHaveLength(1);
      expect(winners[0]?.creates).toBe(round === 0 ? 3 : 0);
      // Whoever won gives the lease back, so that the next round is open again.
      if (round % 2 === 0) for (const controller of controllers) await controller.release?.();
    }
    expect(inside).toEqual({ now: 0, most: 1 });
    expect(await ledgerCounts(fx, presetId)).toEqual({ building: 3 });
  });
});

describe("109: when the holder of the lease dies", () => {
  it("in the middle of a cycle, another takes over after the lease, and the count is exact", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 400 } })).preset();
    const other = fx.addServer();
    const dying = createReconciler(fx);
    const heir = createReconciler(other);
    const stop = new AbortController();
    // It dies between two transactions of its creates: the first is committed, and it never releases its lease.
    const unsubscribe = fx.bus.subscribe("jobs", () => stop.abort());
    await dying.run(stop.signal);
    unsubscribe();
    const made = (await ledgerCounts(fx, presetId)).building ?? 0;
    expect(made).toBeGreaterThan(0);
    expect(await runCycle(heir), "the lease still stands").toBeUndefined();
    await ageLease(fx);
    expect((await runCycle(heir))?.creates).toBe(400 - made);
    expect(await ledgerCounts(fx, presetId)).toEqual({ building: 400 });
    expect(await runCycle(createReconciler(fx)), "the dead one, back, finds the lease taken").toBeUndefined();
  });

  it("with its connections cut, nothing half-made is left and another makes the rest", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 300 } })).preset();
    const victim = fx.addServer({ connectionsMax: 2 });
    const blocker = await fx.pool.connect();
    await blocker.query("begin");
    await blocker.query("select 1 from presets where id = $1 for update", [presetId]);
    const run = runCycle(createReconciler(victim));
    const waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    const [pid] = await waitUntil("the victim waits in its transaction", async () => {
      const found = await fx.rows<{ pid: number }>(waiting);
      return found.length === 1 && found;
    });
    await fx.rows("select pg_terminate_backend($1)", [pid?.pid]);
    await blocker.query("rollback");
    blocker.release();
    const stats = await run;
    const made = stats?.creates ?? 0;
    expect(await ledgerCounts(fx, presetId)).toEqual(made === 0 ? {} : { building: made });
    await ageLease(fx);
    expect((await runCycle(createReconciler(fx)))?.creates).toBe(300 - made);
  });
});

describe("S7: reconcilers that act at the same time, as if there were no lease,", () => {
  const skewed = (fx: Fixture, byMs: number): Clock => {
    const clock = offsetClock(fx.clock);
    clock.setOffsetMs(byMs);
    return clock;
  };

  it.each([2, 3])("make exactly the desired number when they are %i, with clocks 30 s apart", async (count) => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { one: 7, two: 300, three: 1 } });
    const servers = Array.from({ length: count }, () => fx.addServer({ connectionsMax: 4 }));
    for (let round = 0; round < 6; round += 1) {
      const controllers = servers.map((server, nth) =>
        createReconciler(server, { holder: fx.id, clock: skewed(fx, (nth - 1) * 30_000) }),
      );
      const stats = await Promise.all(controllers.map((controller) => runCycle(controller)));
      expect(stats.map((one) => one?.errors)).toEqual(Array.from({ length: count }, () => 0));
      for (const [name, wanted] of [
        ["one", 7],
        ["two", 300],
        ["three", 1],
      ] as const) {
        const { building = 0 } = await ledgerCounts(fx, template.preset(name));
        expect(building).toBe(wanted);
      }
      // Some of what was made fails to come up, and is to be replaced.
      await fx.rows(`with gone as (
        update jobs set status = 'canceled', completed_at = created_at
        where id in (select j.id from jobs j join prebuilds b on b.workspace_id = j.workspace_id
          where b.state = 'building' and j.status = 'pending' order by j.id limit 100) returning workspace_id)
        update prebuilds b set state = 'failed', first_build_result = 'canceled' from gone where b.workspace_id = gone.workspace_id`);
    }
  });

  it("make nothing of a version that was replaced, or whose template was deprecated or deleted, since the plan", async () => {
    const fx = await testFixture();
    const replaced = await publishTemplate(fx, { template: "replaced" });
    await publishTemplate(fx, { template: "replaced", presets: {} });
    const retired = await publishTemplate(fx, { template: "retired" });
    await deprecate(fx.context, fx.admin, { template: "retired", deprecated: true });
    const deleted = await publishTemplate(fx, { template: "deleted" });
    await removeTemplate(fx.context, fx.admin, { template: "deleted" });
    const fine = await publishTemplate(fx, { template: "fine" });
    const pools = [replaced, retired, deleted, fine].map((one) => ({ presetId: one.preset(), desired: 1, count: 1 }));
    const made = await fx.store.transaction("test create", async (tx) =>
      createPrebuilds(tx, { pools, prebuildsUserId, names: ["a", "b", "c", "d"], now: fx.clock.now() }),
    );
    expect(made.map((row) => row.preset_id)).toEqual([fine.preset()]);
  });

  it("replace what is expired or invalidated, also while it is still there", async () => {
    const fx = await testFixture();
    const hour = 3_600_000;
    const withTtl = { prebuilds: { instances: 1, expiration_policy: { ttl: 3_600 } } };
    const template = await publishTemplate(fx, { presets: { expired: withTtl, invalidated: 1, fresh: withTtl } });
    const presetIds = ["expired", "invalidated", "fresh"].map((name) => template.preset(name));
    for (const presetId of presetIds) {
      await putPrebuilds(fx, presetId, 1, { ageMs: presetId === template.preset("fresh") ? hour : hour + 1 });
    }
    const { templateId } = template;
    await invalidatePresets(fx.store, { templateId, preset: "invalidated", now: fx.clock.now() });
    const pools = presetIds.map((presetId) => ({ presetId, desired: 1, count: 1 }));
    const made = await fx.store.transaction("test create", async (tx) =>
      createPrebuilds(tx, { pools, prebuildsUserId, names: ["a", "b", "c"], now: fx.clock.now() }),
    );
    expect(made.map((row) => row.preset_id).toSorted()).toEqual(presetIds.slice(0, 2).toSorted());
  });

  it("delete the surplus once each, without an error", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 5 } })).preset();
    await putPrebuilds(fx, presetId, 65);
    const servers = Array.from({ length: 3 }, () => fx.addServer({ connectionsMax: 2 }));
    const controllers = servers.map((server) => createReconciler(server, { holder: fx.id }));
    const stats = await Promise.all(controllers.map((controller) => runCycle(controller)));
    expect(stats.reduce((sum, one) => sum + (one?.deletes ?? 0), 0)).toBe(60);
    expect(await ledgerCounts(fx, presetId)).toEqual({ ready: 5, draining: 60 });
    expect(await fx.number("select count(*) from builds where transition = 'delete'")).toBe(60);
  });
});

describe("the driver", () => {
  const driverDeps = (fx: Fixture) => ({
    news: fx.bus,
    clock: fx.clock,
    logger: memoryLogger(),
    monotonicMs: () => performance.now(),
  });

  it("110: stopped before its first run has ended, leaves the way free for a new one", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await startController(createReconciler(fx), driverDeps(fx)).stop();
    const next = startController(createReconciler(fx.addServer()), driverDeps(fx));
    await waitUntil("it has run", () => next.status().lastOutcome === "ok");
    await next.stop();
    expect(await ledgerCounts(fx, presetId)).toEqual({ building: 1 });
  });

  it("111, 112: may be stopped twice, and a graceful stop logs no error", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const deps = driverDeps(fx);
    const running = startController(createReconciler(fx), deps);
    running.poke();
    await Promise.all([running.stop(), running.stop()]);
    await running.stop();
    expect(running.status().lastOutcome).toBe("ok");
    expect(deps.logger.entries.filter((entry) => entry.level === "error" || entry.level === "warn")).toEqual([]);
  });

  it("132: runs again at once after a claim, without waiting for its interval", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuilds(fx, presetId, 1);
    const running = startController(createReconciler(fx), driverDeps(fx));
    await waitUntil("it has run", () => running.status().runs >= 1);
    await create(fx);
    await waitUntil("the pool is refilled", async () => (await ledgerCounts(fx, presetId)).building === 1, 5_000);
    await running.stop();
  });

  it("says an error once while it lasts, keeps running, and shows it", async () => {
    const fx = await testFixture();
    const deps = driverDeps(fx);
    let runs = 0;
    const failing: Controller = {
      name: "failing",
      intervalMs: 1,
      topics: [],
      run: async () => {
        runs += 1;
        throw new Error("no luck");
      },
    };
    const running = startController(failing, deps);
    await waitUntil("it has run three times", () => runs >= 3);
    await running.stop();
    expect(running.status()).toMatchObject({ lastOutcome: "error", lastError: "no luck" });
    expect(deps.logger.entries.filter((entry) => entry.level === "error")).toHaveLength(1);
  });
});
