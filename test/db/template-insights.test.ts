// How a template is used, as its admins are told: each creation once, in its day and with its reason.
import { describe, expect, it } from "vitest";
import { templateInsights } from "../../src/app/templates/template-insights.ts";
import { codeOf, create } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { settled } from "../support/metrics.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { publishTemplate } from "../support/templates.ts";

const dayMs = 86_400_000;
const region = { name: "region", type: "string" as const, default: "eu" };
const token = { name: "git_token", type: "string" as const, default: "abc" };

async function insights(fx: Fixture, range: { readonly from?: string; readonly to?: string } = {}) {
  return await templateInsights(fx.context, fx.admin, { template: "web", ...range });
}

/** One claim and a miss on the first day, and a miss without a preset two days later. */
async function threeCreations(fx: Fixture): Promise<void> {
  const large = { parameters: { region: "eu" }, prebuilds: { instances: 1 } };
  const template = await publishTemplate(fx, { parameters: [region, token], presets: { large } });
  await putPrebuilds(fx, template.preset(), 1);
  await create(fx, { preset: "large" });
  await create(fx, { preset: "large" });
  fx.clock.advance(2 * dayMs);
  await create(fx, { parameters: { region: "us" }, by: await fx.addUser("bob") });
}

describe("a template's insights", () => {
  it("count each creation once, before and after it is in the sums, in its day", async () => {
    const fx = await testFixture();
    await threeCreations(fx);
    const before = await insights(fx);
    expect(before.creations).toEqual({ warm: 1, cold: 2, refused: 0 });
    expect(before.hitRate).toBeCloseTo(1 / 3);
    expect(before.days).toHaveLength(30);
    expect(before.days.filter(({ warm, cold }) => warm + cold > 0)).toEqual([
      { day: "2030-01-01", warm: 1, cold: 1, refused: 0 },
      { day: "2030-01-03", warm: 0, cold: 1, refused: 0 },
    ]);
    await settled(fx);
    expect(await fx.number("select count(*) from demand_hours")).toBeGreaterThan(0);
    const after = await insights(fx);
    expect(after.days).toEqual(before.days);
    expect(after.misses).toEqual(before.misses);
  });

  it("name what was missed by preset and reason", async () => {
    const fx = await testFixture();
    await threeCreations(fx);
    const { misses } = await insights(fx);
    expect(misses.map(({ preset, reason, count }) => [preset, reason, count]).toSorted()).toEqual([
      [null, "parameters_differ", 1],
      ["large", "pool_empty", 1],
    ]);
  });

  it("tell how long creations took, who asked, and what they have now", async () => {
    const fx = await testFixture();
    await threeCreations(fx);
    await fx.rows(`update agents a set acknowledged_at = o.at + interval '2 seconds'
from creation_outcomes o where o.workspace_id = a.workspace_id and o.outcome = 'claimed'`);
    const told = await insights(fx);
    expect(told.usable.warm).toEqual({ p50Ms: 2_000, p90Ms: 2_000, p99Ms: 2_000, samples: 1 });
    expect(told.usable.cold).toBeNull();
    expect(told.people).toEqual({ creating: 2, owning: 2 });
    expect(told.workspaces).toMatchObject({ running: 1, starting: 2, failed: 0 });
    expect(told.failures).toBe(0);
    await fx.rows("update jobs set status = 'failed' where status = 'pending'");
    expect((await insights(fx)).failures).toBe(2);
  });

  it("count the values of parameters, the most frequent first, and not those that are secret by their names", async () => {
    const fx = await testFixture();
    await threeCreations(fx);
    for (let nth = 0; nth < 12; nth += 1) await create(fx, { parameters: { region: `r${nth}` } });
    const { parameters } = await insights(fx);
    expect(parameters.map(({ name }) => name)).toEqual(["region"]);
    expect(parameters[0]?.values).toHaveLength(10);
    expect(parameters[0]?.values.slice(0, 2)).toEqual([
      { value: "eu", count: 2 },
      { value: "r0", count: 1 },
    ]);
    // Of r0 to r11 and us, nine are among the ten.
    expect(parameters[0]?.others).toBe(4);
  });

  it("say since when there is something to tell", async () => {
    const fx = await testFixture();
    await threeCreations(fx);
    const { since, from, to } = await insights(fx);
    expect([from, to]).toEqual(["2029-12-05", "2030-01-03"]);
    expect(since).toEqual({ creations: "2030-01-01T00:00:00.000Z", details: "2030-01-01T00:00:00.000Z" });
    const last = await insights(fx, { from: "2030-01-02" });
    expect(last.since.creations).toBe("2030-01-02T00:00:00.000Z");
    expect(last.creations).toEqual({ warm: 0, cold: 1, refused: 0 });
  });

  it("are empty of a template that nobody has used", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    expect(await insights(fx)).toMatchObject({
      creations: { warm: 0, cold: 0, refused: 0 },
      hitRate: null,
      misses: [],
      usable: { warm: null, cold: null },
      people: { creating: 0, owning: 0 },
      parameters: [],
    });
  });

  it("are for template admins, and of a range that is one", async () => {
    const fx = await testFixture();
    await publishTemplate(fx);
    expect(await codeOf(templateInsights(fx.context, fx.alice, { template: "web" }))).toBe("forbidden");
    expect(await codeOf(insights(fx, { from: "2029-01-01" }))).toBe("invalid_request");
    expect(await codeOf(insights(fx, { from: "2030-01-01", to: "2029-12-31" }))).toBe("invalid_request");
  });
});
