// What explain and doctor say is what the next cycle does: they load and plan as the reconciler does.
import { describe, expect, it } from "vitest";
import { explain, seePools } from "../../src/app/prebuilds/pools.ts";
import { examine } from "../../src/app/system/doctor.ts";
import { plannedCreates } from "../../src/domain/pool/pool-plan.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { memberOf } from "../support/organizations.ts";
import { putPrebuild, putPrebuilds } from "../support/prebuild-rows.ts";
import { allowPools } from "../support/quota.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;

/** Live prebuilds that each pool has, by its preset. */
async function livePerPool(fx: Fixture): Promise<Map<string, number>> {
  const rows = await fx.rows<{ preset_id: string; live: number }>(
    `select preset_id, count(*)::int as live from prebuilds where state in ('building', 'starting', 'ready')
    group by preset_id`,
  );
  return new Map(rows.map((row) => [row.preset_id, row.live]));
}

/** Compares what is explained now with what a cycle does now. @returns reasons and counts held, by template. */
async function explainedAndDone(fx: Fixture): Promise<Map<string, [string, number][]>> {
  const { pools } = await seePools(fx.context, {});
  const before = await livePerPool(fx);
  const stats = await reconcile(fx);
  const after = await livePerPool(fx);
  const held = new Map<string, [string, number][]>();
  let removed = 0;
  for (const { snapshot, plan } of pools) {
    const deleted = plan.actions.reduce((sum, one) => sum + (one.kind === "create" ? 0 : one.prebuilds.length), 0);
    removed += deleted;
    const { presetId, templateName } = snapshot.preset;
    expect((after.get(presetId) ?? 0) - (before.get(presetId) ?? 0)).toBe(plannedCreates(plan) - deleted);
    if (plan.held.length > 0)
      held.set(
        templateName,
        plan.held.map(({ reason, count }) => [reason, count]),
      );
  }
  expect(stats.creates).toBe(pools.reduce((sum, { plan }) => sum + plannedCreates(plan), 0));
  expect(stats.deletes + stats.cancels).toBe(removed);
  expect(stats.held).toBe([...held.values()].flat().reduce((sum, [, count]) => sum + count, 0));
  return held;
}

describe("explain says what the next cycle does", () => {
  it("with the builds in flight of the whole deployment, other templates and organizations included", async () => {
    const fx = await testFixture({ limits: { inFlightMax: 4 } });
    await memberOf(fx, "elsewhere");
    const foreign = await publishTemplate(fx, {
      template: "foreign",
      organization: "elsewhere",
      presets: { large: 2 },
    });
    await putPrebuilds(fx, foreign.preset(), 2, { jobStatus: "running" });
    await publishTemplate(fx, { template: "web", presets: { large: 5 } });
    const { pool, record } = await explain(fx.context, fx.admin, { template: "web", preset: "large" });
    expect(pool.held).toMatchObject([{ reason: "in_flight_limit", count: 3 }]);
    expect(record["actions"]).toMatchObject([{ kind: "create", count: 2 }]);
    expect(await explainedAndDone(fx)).toEqual(new Map([["web", [["in_flight_limit", 3]]]]));
  });

  it("with the rate of creates, under its own name", async () => {
    const fx = await testFixture({ limits: { createsPerMinuteMax: 3 } });
    await publishTemplate(fx, { template: "web", presets: { large: 2 } });
    await reconcile(fx);
    fx.clock.advance(20_000);
    await publishTemplate(fx, { template: "api", presets: { large: 4 } });
    const until = new Date(fx.clock.now().getTime() + 40_000).toISOString();
    const { pool, sentences } = await explain(fx.context, fx.admin, { template: "api", preset: "large" });
    expect(pool.held).toMatchObject([{ reason: "create_rate", count: 3, until }]);
    expect(sentences.join("\n")).toContain("(create_rate)");
    expect(await explainedAndDone(fx)).toEqual(new Map([["api", [["create_rate", 3]]]]));
  });

  it("with everything at once: expired, surplus and outdated ones, failures, a quota, and both limits", async () => {
    const fx = await testFixture({ isQuotaEnabled: true, limits: { inFlightMax: 9, createsPerMinuteMax: 5 } });
    const presets = { large: 3, small: 1 };
    const surge = { rollout: { strategy: "surge" as const } };
    const old = await publishTemplate(fx, { template: "web", presets, ...surge });
    await putPrebuilds(fx, old.preset("large"), 3);
    await putPrebuilds(fx, old.preset("small"), 3);
    const fresh = await publishTemplate(fx, { template: "web", presets: { large: 4, small: 1 }, ...surge });
    await putPrebuilds(fx, fresh.preset("large"), 1);
    const broken = await publishTemplate(fx, { template: "broken", presets: { large: 2 } });
    for (let nth = 3; nth > 0; nth -= 1) {
      await putPrebuild(fx, broken.preset(), { jobStatus: "failed", ageMs: nth * minute });
    }
    const ample = await publishTemplate(fx, { template: "ample", presets: { large: 12 } });
    await putPrebuilds(fx, ample.preset(), 2, { jobStatus: "pending", ageMs: 2 * minute });
    await publishTemplate(fx, { template: "dear", cost: 2, presets: { large: 3 } });
    await allowPools(fx, 2);
    const held = await explainedAndDone(fx);
    expect(held.get("broken")).toEqual([["hard_limited", 2]]);
    const reasons = new Set([...held.values()].flat().map(([reason]) => reason));
    expect(reasons).toEqual(new Set(["hard_limited", "in_flight_limit", "create_rate", "quota"]));
    for (let cycle = 0; cycle < 3; cycle += 1) {
      fx.clock.advance(minute);
      await explainedAndDone(fx);
    }
  });
});

describe("a roll-out whose new version gets nothing ready", () => {
  it("is shown as stopped by explain and doctor, and its outdated prebuilds stay claimable", async () => {
    const fx = await testFixture();
    const surge = { rollout: { strategy: "surge" as const, max_outdated_age: 3_600 } };
    const old = await publishTemplate(fx, { presets: { large: 2 }, ...surge });
    await putPrebuilds(fx, old.preset(), 2);
    const bad = await publishTemplate(fx, { presets: { large: 2 }, ...surge });
    const findings = async () => (await examine(fx.context, fx.admin, () => [])).findings.map(({ message }) => message);
    expect((await findings()).join("\n")).not.toContain("has stopped");
    for (let nth = 3; nth > 0; nth -= 1) {
      await putPrebuild(fx, bad.preset(), { jobStatus: "failed", ageMs: nth * minute });
    }
    const { pools } = await seePools(fx.context, {});
    const outdated = pools.find(({ plan }) => plan.presetId === old.preset());
    expect(outdated?.plan).toMatchObject({ mode: "surging", rollout: { kind: "stalled", kept: 2 }, actions: [] });
    expect((await findings()).join("\n")).toContain("The roll-out of web/large has stopped");
    await reconcile(fx);
    const [stored] = await fx.rows("select record #>> '{rollout,kind}' as kind from decisions where preset_id = $1", [
      old.preset(),
    ]);
    expect(stored).toEqual({ kind: "stalled" });
  });
});
