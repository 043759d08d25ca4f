// Prebuilds switched off and on at run time (spec §10, decision 0023): cases 133 and 163, and what off means for all.
import { describe, expect, it, onTestFinished } from "vitest";
import { setEnabled, setPaused } from "../../src/app/prebuilds/manage-pools.ts";
import { listPools } from "../../src/app/prebuilds/list-pools.ts";
import { explain } from "../../src/app/prebuilds/pools.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { type RunningController, startController } from "../../src/controllers/driver.ts";
import { createSwitchWatch } from "../../src/controllers/prebuilds/switch-watch.ts";
import { createRehearsal } from "../../src/controllers/rehearsal.ts";
import { publishTemplate } from "../support/templates.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { measure, poolValues } from "../support/metrics.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { createReconciler, reconcile } from "../support/reconcile.ts";
import type { TestServer } from "../support/server.ts";
import { waitUntil } from "../support/wait-until.ts";

const goOn = new AbortController().signal;

/** What a server does to know how the switch stands. */
const watchOf = ({ store: db, context }: TestServer) =>
  createSwitchWatch({ db, prebuildsSwitch: context.prebuildsSwitch });

function run(server: TestServer, controller: Parameters<typeof startController>[0]): RunningController {
  const running = startController(controller, server.context);
  onTestFinished(() => running.stop());
  return running;
}

const turn = (fx: Fixture, isOn: boolean) => setEnabled(fx.context, fx.admin, isOn);

const actions = async (fx: Fixture): Promise<string[]> =>
  (await fx.rows<{ action: string }>("select action from audit_log where action like 'prebuilds.%' order by id")).map(
    (row) => row.action,
  );

/** One pool with something to do of every kind: too many, too few, one pending of an old version, too many failed. */
async function untidy(fx: Fixture): Promise<() => Promise<unknown>> {
  const old = await publishTemplate(fx, { presets: { many: 1, few: 3 } });
  await putPrebuild(fx, old.preset("few"), { jobStatus: "pending" });
  const template = await publishTemplate(fx, { presets: { many: 1, few: 3 } });
  await putPrebuilds(fx, template.preset("many"), 3);
  await putPrebuilds(fx, template.preset("few"), 2, { jobStatus: "failed", ageMs: 7_200_000 });
  return async () =>
    await fx.rows("select workspace_id, preset_id, state, generation from prebuilds order by workspace_id");
}

describe("switched off", () => {
  it("the reconciler does nothing: no create, delete, cancel or clean-up; on, it does all of it at once", async () => {
    const fx = await testFixture();
    const prebuilds = await untidy(fx);
    const before = await prebuilds();
    await turn(fx, false);
    const stats = await reconcile(fx, { failedKeptMax: 1 });
    expect(stats).toMatchObject({ creates: 0, deletes: 0, cancels: 0, failedRemoved: 0, isEnabled: false });
    expect(await prebuilds()).toEqual(before);
    await turn(fx, true);
    expect(await reconcile(fx, { failedKeptMax: 1 })).toMatchObject({
      creates: 3,
      deletes: 2,
      cancels: 1,
      failedRemoved: 1,
      isEnabled: true,
    });
  });

  it("133: creations are ordinary ones, warm_only is refused with a code, and the prebuild stays; on, it is claimed", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuild(fx, presetId);
    await turn(fx, false);
    expect(await create(fx)).toMatchObject({ outcome: "cold", missReason: "disabled" });
    expect(await codeOf(create(fx, { mode: "warm_only" }))).toBe("prebuilds_disabled");
    expect(await ledgerCounts(fx, presetId)).toEqual({ ready: 1 });
    await turn(fx, true);
    expect(await create(fx)).toMatchObject({ outcome: "claimed" });
  });

  it("a claim asks the database nothing more than before", async () => {
    const fx = await testFixture();
    await putPrebuilds(fx, (await publishTemplate(fx)).preset(), 3);
    const statementsOf = async (): Promise<number> => {
      const before = fx.store.counters.statements;
      expect((await create(fx)).outcome).toBe("claimed");
      return fx.store.counters.statements - before;
    };
    await statementsOf();
    expect(await statementsOf()).toBe(2);
  });

  it("a creation that waits for a prebuild is built, and does not wait on", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    const waiting = create(fx, { mode: "wait", waitMs: 600_000 });
    await turn(fx, false);
    expect(await waiting).toMatchObject({ outcome: "cold", missReason: "disabled" });
  });

  it("nothing is rehearsed; on, it is", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, { claimEffect: "unknown" })).preset());
    const rehearsal = createRehearsal({ ...fx.context, serverId: fx.id });
    await turn(fx, false);
    expect((await rehearsal.run(goOn)).fields).toEqual({ started: 0 });
    await turn(fx, true);
    expect((await rehearsal.run(goOn)).fields).toEqual({ started: 1 });
  });

  it("pools, explain and doctor say so, since when, and by whom to those who may know", async () => {
    const fx = await testFixture();
    await putPrebuild(fx, (await publishTemplate(fx, { presets: { large: 2 } })).preset());
    await turn(fx, false);
    expect(await listPools(fx.context, fx.alice, {}, () => null)).toMatchObject({ disabledBy: null });
    expect(await listPools(fx.context, fx.admin, {}, () => null)).toMatchObject({
      isEnabled: false,
      isOffByOption: false,
      disabledAt: fx.clock.now().toISOString(),
      disabledBy: "admin",
      pools: [{ actual: 1, held: [{ reason: "disabled", count: 1 }] }],
    });
    const { sentences } = await explain(fx.context, fx.alice, { template: "web", preset: "large" });
    expect(sentences[0]).toContain("prebuilds are switched off");
    const { findings } = await examine(fx.context, fx.admin, () => []);
    expect(findings.find(({ check }) => check === "pools")).toMatchObject({
      severity: "warning",
      message: expect.stringContaining("switched off by admin since 2030"),
      next: expect.stringContaining("prewarm prebuilds enable"),
    });
  });

  it("the gauges of pools are not shown and the totals go on; on, they are registered again, each once", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await reconcile(fx);
    const { values } = measure(fx);
    const on = poolValues(await values());
    expect(on).toMatchObject({ desired: 1, created_total: 1 });
    await turn(fx, false);
    expect(Object.keys(poolValues(await values()))).toEqual(Object.keys(on).filter((name) => name.endsWith("_total")));
    await turn(fx, true);
    expect(poolValues(await values())).toEqual(on);
  });
});

describe("the switch", () => {
  it("is stored and audited; turned to where it stands already it is not, and tells nobody (163)", async () => {
    const fx = await testFixture();
    await setEnabled(fx.context, fx.admin, true);
    expect([await actions(fx), fx.published]).toEqual([[], []]);
    await setEnabled(fx.context, fx.admin, false);
    expect(fx.published).toEqual(["settings", "pools"]);
    await setEnabled(fx.context, fx.admin, false);
    await setEnabled(fx.context, fx.admin, true);
    await setEnabled(fx.context, fx.admin, true);
    expect(await actions(fx)).toEqual(["prebuilds.disable", "prebuilds.enable"]);
  });

  it("is for administrators, as the pause is", async () => {
    const fx = await testFixture();
    for (const isWanted of [false, true])
      expect(await codeOf(setEnabled(fx.context, fx.alice, isWanted))).toBe("forbidden");
    expect(await actions(fx)).toEqual([]);
  });

  it("stands beside the pause: neither touches the other", async () => {
    const fx = await testFixture();
    await setPaused(fx.context, fx.admin, true);
    await turn(fx, false);
    await turn(fx, true);
    expect(await listPools(fx.context, fx.alice, {}, () => null)).toMatchObject({ isEnabled: true, isPaused: true });
    expect(await actions(fx)).toEqual(["prebuilds.pause", "prebuilds.disable", "prebuilds.enable"]);
  });

  it("cannot switch on what the option of a server keeps off, and says so", async () => {
    const fx = await testFixture({ isPrebuildsEnabled: false });
    expect(await setEnabled(fx.context, fx.admin, true)).toEqual({ isEnabled: false, isOffByOption: true });
    await watchOf(fx).run(goOn);
    expect(fx.context.prebuildsSwitch.isOn()).toBe(false);
    expect(await listPools(fx.context, fx.alice, {}, () => null)).toMatchObject({
      isEnabled: false,
      isOffByOption: true,
      disabledAt: null,
    });
  });

  it("is heard by every server at once", async () => {
    const fx = await testFixture();
    const servers = [fx, fx.addServer(), fx.addServer()];
    const day = 86_400_000;
    const watches = servers.map((server) => run(server, { ...watchOf(server), intervalMs: day }));
    await waitUntil("each has looked", () => watches.every((watch) => watch.status().runs > 0));
    for (const isOn of [false, true]) {
      await turn(fx, isOn);
      expect(fx.context.prebuildsSwitch.isOn(), "the server that was asked").toBe(isOn);
      await waitUntil("each knows", () => servers.every(({ context }) => context.prebuildsSwitch.isOn() === isOn));
    }
  });

  it("is seen within a second when the news are lost", async () => {
    const fx = await testFixture();
    const deaf = fx.addServer({ publish: "fails" });
    const watch = watchOf(deaf);
    expect(watch.intervalMs).toBeLessThan(1_000);
    const running = run(deaf, watch);
    await waitUntil("it has looked", () => running.status().runs > 0);
    // What a deaf server publishes nobody hears.
    await setEnabled(fx.addServer({ publish: "fails" }).context, fx.admin, false);
    expect(fx.published).toEqual([]);
    await waitUntil("it has seen it", () => !deaf.context.prebuildsSwitch.isOn());
  });

  it("turned on, wakes a reconciler at once", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await turn(fx, false);
    const running = run(fx, { ...createReconciler(fx), intervalMs: 86_400_000 });
    await waitUntil("it has looked", () => running.status().runs > 0);
    expect(await ledgerCounts(fx, presetId)).toEqual({});
    await turn(fx, true);
    await waitUntil("the pool is filled", async () => (await ledgerCounts(fx, presetId)).building === 1);
  });
});
