// What is stored of pools, and what is told of it: each minute once, and nothing where nobody looked.
import { describe, expect, it } from "vitest";
import { setPaused } from "../../src/app/prebuilds/manage-pools.ts";
import { listPools } from "../../src/app/prebuilds/list-pools.ts";
import { poolDecisions, poolHistory, poolSchedule } from "../../src/app/prebuilds/pool-time.ts";
import { poolHistoryRule } from "../../src/db/retention/prune-by-age.ts";
import type { RetentionRule } from "../../src/db/retention/retention-rule.ts";
import { create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { measure } from "../support/metrics.ts";
import { createSampler, lookFor } from "../support/pool-history.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { usualKeeps } from "../support/retention.ts";
import { publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const pool = { template: "web", preset: "large" } as const;

async function history(
  fx: Fixture,
  query: { readonly from?: string; readonly to?: string; readonly step?: 1 | 15 } = {},
) {
  return await poolHistory(fx.context, fx.admin, { ...pool, ...query });
}

async function prune(fx: Fixture, rule: RetentionRule): Promise<number> {
  let removed = 0;
  let cursor: Parameters<RetentionRule["step"]>[0]["cursor"] = null;
  do {
    const done = await rule.step({ sql: fx.store, now: fx.clock.now(), keeps: usualKeeps, cursor });
    for (const rows of Object.values(done.removed)) removed += rows;
    cursor = done.next;
  } while (cursor !== null);
  return removed;
}

describe("a pool's history", () => {
  it("stores a row when something has changed, and one at the first look of each hour", async () => {
    const fx = await testFixture();
    const { preset } = await publishTemplate(fx, { presets: { large: 3 } });
    const sampler = createSampler(fx);
    await lookFor(fx, sampler, 30);
    const rows = "select count(*) from pool_samples where minutes = 1";
    expect(await fx.number(rows)).toBe(1);
    await putPrebuilds(fx, preset(), 2);
    await lookFor(fx, sampler, 40);
    expect(await fx.number(rows)).toBe(3);
    expect(await fx.number("select count(*) from pool_beats where minutes = 1")).toBe(70);
    const { points, stepMinutes } = await history(fx, { from: "2030-01-01T00:00:00Z", step: 1 });
    expect(stepMinutes).toBe(1);
    expect(points.slice(28, 32).map(({ desired, ready }) => [desired, ready])).toEqual([
      [3, 0],
      [3, 0],
      [3, 2],
      [3, 2],
    ]);
    expect(points.at(65)).toMatchObject({ desired: 3, ready: 2, held: 0, claimed: 0, missed: {} });
  });

  it("keeps of a quarter of an hour the fewest that were ready, and what it ended with", async () => {
    const fx = await testFixture();
    const { preset } = await publishTemplate(fx, { presets: { large: 2 } });
    const sampler = createSampler(fx);
    await putPrebuilds(fx, preset(), 2);
    await lookFor(fx, sampler, 5);
    await create(fx);
    await create(fx);
    await lookFor(fx, sampler, 5);
    await putPrebuilds(fx, preset(), 2);
    await lookFor(fx, sampler, 25);
    const { points } = await history(fx, { from: "2030-01-01T00:00:00Z", step: 15 });
    const told = points.map(({ ready, readyFewest, recordedMinutes, claimed }) => [
      ready,
      readyFewest,
      recordedMinutes,
      claimed,
    ]);
    expect(told).toEqual([
      [2, 0, 15, 2],
      [2, 2, 15, 0],
      [2, 2, 5, 0],
    ]);
    const coarse = "select ready, ready_min from pool_samples where minutes = 15 order by at";
    expect(await fx.rows(coarse)).toEqual([
      { ready: 2, ready_min: 0 },
      { ready: 2, ready_min: 2 },
    ]);
  });

  it("has a gap where no server ran, and carries nothing over it or over the end of a pool", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 1, other: 1 } });
    const sampler = createSampler(fx);
    await lookFor(fx, sampler, 10);
    fx.clock.advance(10 * minute);
    await lookFor(fx, sampler, 5);
    await publishTemplate(fx, { presets: { other: 1 } });
    await lookFor(fx, sampler, 5);
    await publishTemplate(fx, { presets: { large: 4, other: 1 } });
    await lookFor(fx, sampler, 5);
    const { points, markers } = await history(fx, { from: "2030-01-01T00:00:00Z", step: 1 });
    expect(points.map(({ desired }) => desired ?? "-").join("")).toBe("1111111111----------11111-----44444");
    expect(points[12]).toEqual({
      at: "2030-01-01T00:12:00.000Z",
      recordedMinutes: 0,
      desired: null,
      ready: null,
      readyFewest: null,
      starting: null,
      failed: null,
      held: null,
      claimed: null,
      missed: null,
    });
    expect(markers.filter(({ kind }) => kind === "version")).toHaveLength(3);
  });

  it("is written once a minute however many servers look, and a server that takes over tells what has gone", async () => {
    const fx = await testFixture();
    await publishTemplate(fx, { presets: { large: 1, other: 1 } });
    const samplers = [createSampler(fx), createSampler(fx.addServer()), createSampler(fx)];
    for (let nth = 0; nth < 3; nth += 1) {
      await Promise.all(samplers.map(async (sampler) => sampler.run(new AbortController().signal)));
      fx.clock.advance(minute);
    }
    expect(await fx.number("select count(*) from pool_beats where minutes = 1")).toBe(3);
    expect(await fx.number("select count(*) from pool_samples where minutes = 1")).toBe(2);
    await publishTemplate(fx, { presets: { large: 1 } });
    await lookFor(fx, createSampler(fx), 1);
    const gone = "select count(*) from pool_samples where minutes = 1 and preset_name = 'other' and desired is null";
    expect(await fx.number(gone)).toBe(1);
  });

  it("counts each claim and each miss with its reason once, before and after it is in the sums", async () => {
    const fx = await testFixture();
    const { preset } = await publishTemplate(fx, { presets: { large: 1 } });
    await putPrebuilds(fx, preset(), 1);
    await lookFor(fx, createSampler(fx), 1);
    await create(fx);
    await create(fx);
    await create(fx);
    fx.clock.advance(minute / 2);
    const told = { claimed: 1, missed: { pool_empty: 2 } };
    for (let nth = 0; nth < 5; nth += 1) {
      const { points } = await history(fx, { from: "2030-01-01T00:00:00Z", to: "2030-01-01T00:02:00Z", step: 1 });
      expect(points.at(-1)).toMatchObject(told);
      await measure(fx).values();
    }
    const { pools, totals } = await listPools(fx.context, fx.admin, { sort: "attention" }, () => null);
    expect(pools[0]?.day).toMatchObject({ claimed: 1, missed: 2, lastMiss: { reason: "pool_empty" } });
    expect(totals).toMatchObject({ pools: 1, desired: 1, conditions: { filling: 1 } });
  });

  it("goes after 7 days by the minute and after 90 by the quarter", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await lookFor(fx, createSampler(fx), 20);
    fx.clock.advance(7 * 24 * 60 * minute);
    // Of the beats and the one sample by the minute.
    expect(await prune(fx, poolHistoryRule)).toBe(21);
    expect(await fx.number("select count(*) from pool_samples where minutes = 15")).toBe(1);
    fx.clock.advance(83 * 24 * 60 * minute);
    await prune(fx, poolHistoryRule);
    expect(await fx.number("select count(*) from pool_beats")).toBe(0);
  });

  it("marks who paused the pools for template admins, and for a member that they were", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await setPaused(fx.context, fx.admin, true);
    fx.clock.advance(minute);
    const { markers } = await history(fx);
    expect(markers.at(-1)).toMatchObject({ kind: "switch", text: "reconciliation was paused", by: "admin" });
    const seen = await poolHistory(fx.context, fx.alice, pool);
    expect(seen.markers.at(-1)).toMatchObject({ kind: "switch", by: null });
  });

  it("refuses a step that makes too many points, and says which would do", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    await expect(history(fx, { from: "2029-12-26T00:00:00Z", step: 1 })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("ask for 30"),
    });
  });
});

describe("the decisions about a pool", () => {
  it("are told with what differed, also that a schedule began, and to members without their record", async () => {
    const fx = await testFixture({ startAt: "2030-01-01T07:30:00.000Z" });
    const prebuilds = {
      instances: 2,
      scheduling: { timezone: "UTC", schedule: [{ cron: "* 8-17 * * 1-5", instances: 10 }] },
    };
    await publishTemplate(fx, { presets: { large: { prebuilds } } });
    await reconcile(fx);
    fx.clock.advance(60 * minute);
    await reconcile(fx);
    const { decisions, hasMore } = await poolDecisions(fx.context, fx.admin, { ...pool, limit: 1 });
    expect(hasMore).toBe(true);
    const texts = decisions[0]?.changes.map(({ text }) => text);
    expect(texts?.[0]).toBe("desired 2 → 10: schedule Mon–Fri 8:00–18:00 began");
    expect(decisions[0]?.record).toMatchObject({ formatVersion: 1 });
    expect((await poolDecisions(fx.context, fx.alice, pool)).decisions[0]).toMatchObject({ record: {} });
    fx.clock.advance(minute);
    const { markers } = await history(fx);
    expect(markers).toContainEqual(expect.objectContaining({ kind: "schedule", text: texts?.[0] }));
    const { next, stretches } = await poolSchedule(fx.context, fx.alice, pool);
    expect(next?.text).toBe("desired 10 → 2 on Tue 2030-01-01 18:00 (UTC), by the base count");
    expect(stretches).toHaveLength(11);
  });
});
