import { describe, expect, it } from "vitest";
import type { PresetId } from "../../src/contracts/ids.ts";
import { decisionHistory } from "../../src/db/pools/decisions.ts";
import { resumePreset } from "../../src/db/pools/preset-validation.ts";
import type { DecisionRecord } from "../../src/domain/pool/explain.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { create } from "../support/claims.ts";
import { agentsReady, failed, runJobs, succeeded } from "../support/daemon.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { ledgerCounts, putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { createReconciler, reconcile, reconcileTimes, runCycle } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;

async function lastDecision(fx: Fixture, presetId: PresetId): Promise<DecisionRecord> {
  const [newest] = await decisionHistory(fx.store, presetId, 1);
  // Written by decision-log.ts in this very shape.
  return newest?.record as unknown as DecisionRecord;
}

describe("hard limit", () => {
  it("103: with a limit of 1, one failed prebuild stops the creates and the preset is hard_limited", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuild(fx, presetId, { jobStatus: "failed" });
    const stats = await reconcileTimes(fx, 8, { policy: { failureHardLimit: 1 } });
    expect(stats.map((cycle) => [cycle.creates, cycle.held])).toEqual(Array.from({ length: 8 }, () => [0, 1]));
    expect((await lastDecision(fx, presetId)).health.kind).toBe("hard_limited");
  });

  it("104: with a limit of 2, one failed prebuild is followed by one new one, and the preset is healthy", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuild(fx, presetId, { jobStatus: "failed", ageMs: 2 * minute });
    const stats = await reconcileTimes(fx, 8, { policy: { failureHardLimit: 2 } });
    expect(stats.map((cycle) => cycle.creates)).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect((await lastDecision(fx, presetId)).health.kind).toBe("healthy");
  });

  it("105: a new version starts healthy", async () => {
    const fx = await testFixture();
    const old = await publishTemplate(fx);
    await putPrebuilds(fx, old.preset(), 3, { jobStatus: "failed" });
    expect((await reconcile(fx)).creates).toBe(0);
    const fresh = await publishTemplate(fx);
    expect((await reconcile(fx)).creates).toBe(1);
    expect((await lastDecision(fx, fresh.preset())).health.kind).toBe("healthy");
  });

  it("a resume by an administrator forgets the failures so far", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx)).preset();
    await putPrebuilds(fx, presetId, 3, { jobStatus: "failed" });
    expect((await reconcile(fx)).creates).toBe(0);
    await resumePreset(fx.store, presetId, fx.clock.now());
    expect((await reconcile(fx)).creates).toBe(1);
  });

  it("after the cool-down one single create is tried: a failure restarts it, a success ends it", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 4 } })).preset();
    await putPrebuilds(fx, presetId, 3, { jobStatus: "failed" });
    expect((await reconcile(fx)).creates).toBe(0);
    fx.clock.advance(10 * minute);
    expect((await reconcileTimes(fx, 3)).map((cycle) => cycle.creates)).toEqual([1, 0, 0]);
    await runJobs(fx, () => failed);
    expect((await reconcile(fx)).creates).toBe(0);
    fx.clock.advance(10 * minute);
    expect((await reconcile(fx)).creates).toBe(1);
    const [probe] = await runJobs(fx, () => succeeded);
    fx.clock.advance(10 * minute);
    expect((await reconcile(fx)).creates, "its build went well, which is no success before it is ready").toBe(0);
    await agentsReady(fx, probe?.workspace_id ? [probe.workspace_id] : []);
    expect((await reconcile(fx)).creates).toBe(3);
  });
});

describe("106: a create that fails", () => {
  it("for a reason of ours leaves the preset healthy, is tried again, and stops no other pool", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { one: 1, two: 1 } });
    // The pool of "one" cannot be written: the database itself refuses its rows.
    await fx.rows(`create function refuse() returns trigger language plpgsql as $$ begin
      if new.preset_id = '${template.preset("one")}' then raise exception 'disk full'; end if; return new; end $$`);
    await fx.rows("create trigger refuse before insert on builds for each row execute function refuse()");
    const stats = await reconcileTimes(fx, 3);
    expect(stats.map((cycle) => [cycle.creates, cycle.errors])).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
    ]);
    expect((await lastDecision(fx, template.preset("one"))).health.kind).toBe("healthy");
    await fx.rows("drop trigger refuse on builds");
    expect(await reconcile(fx)).toMatchObject({ creates: 1, errors: 0 });
  });

  it("because of its input marks the preset, is not tried again, and stops no other pool", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { bad: 1, good: 1 } });
    // What a publish would refuse, as if its rules had been others then.
    await fx.rows(`update template_versions set manifest = jsonb_set(manifest, '{parameters}', '[{"name": "must"}]')`);
    await fx.rows(`update presets set parameters = '{"must": "be"}' where name = 'good'`);
    const since = fx.clock.now();
    expect(await reconcile(fx)).toMatchObject({ creates: 1, errors: 0 });
    expect(await ledgerCounts(fx, template.preset("good"))).toEqual({ building: 1 });
    fx.clock.advance(60_000);
    expect(await reconcile(fx)).toMatchObject({ creates: 0, held: 1 });
    const marks = "select validation_failed_at, validation_message from presets where id = $1";
    expect(await fx.rows(marks, [template.preset("bad")])).toEqual([
      { validation_failed_at: since, validation_message: expect.stringContaining("must") },
    ]);
    await resumePreset(fx.store, template.preset("bad"), fx.clock.now());
    await fx.rows(`update presets set parameters = '{"must": "be"}'`);
    expect(await reconcile(fx), "after a resume it is tried once more").toMatchObject({ creates: 1, held: 0 });
  });

  it("because two names came out the same is tried again with others", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 2 } });
    const same = { ...systemRandom, base32: (length: number) => "a".repeat(length) };
    expect(await reconcile(fx, { random: same })).toMatchObject({ creates: 0, errors: 1 });
    expect(await reconcile(fx)).toMatchObject({ creates: 2, errors: 0 });
  });
});

describe("107: backoff", () => {
  it("holds creates for one interval per failure, from the newest failure's creation", async () => {
    const fx = await testFixture();
    const presetId = (await publishTemplate(fx, { presets: { large: 2 } })).preset();
    const policy = { policy: { failureHardLimit: 0 } };
    const heldUntil = async (): Promise<number | undefined> => {
      const { held } = await lastDecision(fx, presetId);
      return held.find((one) => one.reason === "backoff")?.until;
    };
    expect((await reconcile(fx, policy)).creates).toBe(2);
    const first = fx.clock.now().getTime();
    await runJobs(fx, () => failed);
    fx.clock.advance(1_000);
    expect(await reconcile(fx, policy)).toMatchObject({ creates: 0, held: 2 });
    expect(await heldUntil()).toBe(first + 2 * minute);
    fx.clock.set(new Date(first + 2 * minute));
    expect((await reconcile(fx, policy)).creates, "at that very instant it is still held").toBe(0);
    fx.clock.advance(1);
    const second = fx.clock.now().getTime();
    expect((await reconcile(fx, policy)).creates).toBe(2);
    let nth = 0;
    await runJobs(fx, () => (++nth === 1 ? failed : succeeded));
    expect(await reconcile(fx, policy)).toMatchObject({ creates: 0, held: 1 });
    expect(await heldUntil()).toBe(second + 3 * minute);
  });

  it("does not count cancelled builds, nor those of another preset", async () => {
    const fx = await testFixture();
    const template = await publishTemplate(fx, { presets: { one: 1, two: 1 } });
    await putPrebuild(fx, template.preset("one"), { jobStatus: "canceled", ageMs: 0 });
    await putPrebuild(fx, template.preset("two"), { jobStatus: "failed", ageMs: 0 });
    expect(await reconcile(fx)).toMatchObject({ creates: 1, held: 1 });
    expect(await ledgerCounts(fx, template.preset("one"))).toEqual({ failed: 1, building: 1 });
  });
});

describe("failed prebuilds", () => {
  it("are kept as evidence, the newest K of a pool over all versions; older ones are deleted", async () => {
    const fx = await testFixture();
    const old = await publishTemplate(fx);
    for (let nth = 0; nth < 3; nth += 1)
      await putPrebuild(fx, old.preset(), { jobStatus: "failed", ageMs: 9_000 + nth });
    const fresh = await publishTemplate(fx);
    const kept = await putPrebuild(fx, fresh.preset(), { jobStatus: "failed", ageMs: 5_000 });
    const stats = await reconcileTimes(fx, 3, { failedKeptMax: 2 });
    expect(stats.map((cycle) => cycle.failedRemoved)).toEqual([2, 0, 0]);
    expect(await ledgerCounts(fx, old.preset())).toEqual({ failed: 1, draining: 2 });
    expect(await fx.rows("select workspace_id from prebuilds where state = 'failed' order by created_at desc")).toEqual(
      [{ workspace_id: kept }, { workspace_id: expect.any(String) }],
    );
  });
});

describe("S8: 200 broken pools beside 5 good ones", () => {
  it("cost no more statements a cycle than without them, and the good ones are filled at once", async () => {
    const fx = await testFixture();
    const good = await publishTemplate(fx, {
      template: "good",
      presets: Object.fromEntries(Array.from({ length: 5 }, (_, nth) => [`good-${nth}`, 2])),
    });
    const reconciler = createReconciler(fx, { policy: { failureHardLimit: 1 } });
    const costOfCycle = async (): Promise<number> => {
      const before = fx.store.counters.statements;
      await runCycle(reconciler);
      return fx.store.counters.statements - before;
    };
    await costOfCycle();
    const jobs = await runJobs(fx);
    await costOfCycle();
    const alone = await costOfCycle();
    const presets = Object.fromEntries(Array.from({ length: 50 }, (_, nth) => [`broken-${nth}`, 1]));
    for (let nth = 0; nth < 4; nth += 1) {
      const broken = await publishTemplate(fx, { template: `broken-${nth}`, presets });
      const names = Object.keys(presets);
      await Promise.all(names.map((name) => putPrebuild(fx, broken.preset(name), { jobStatus: "failed" })));
    }
    // Looked up in one statement, stored twenty a statement; marked as told in one, and told in one.
    expect(await costOfCycle(), "the decisions of the broken are new once").toBeLessThanOrEqual(
      alone + 1 + 200 / 20 + 2,
    );
    for (let cycle = 0; cycle < 5; cycle += 1) expect(await costOfCycle()).toBe(alone);
    await agentsReady(
      fx,
      jobs.map((job) => job.workspace_id),
    );
    await create(fx, { template: "good", preset: "good-0", mode: "warm_only" });
    expect((await runCycle(reconciler))?.creates).toBe(1);
    expect(await ledgerCounts(fx, good.preset("good-0"))).toEqual({ claimed: 1, ready: 1, building: 1 });
    const attempts =
      "select count(*) from prebuilds b join presets p on p.id = b.preset_id where p.name like 'broken-%'";
    expect(await fx.number(attempts), "one attempt each").toBe(200);
  });
});
