// I5: the eligible count that is shown is what claims could take at that moment: one predicate, used by both.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seePools } from "../../src/app/prebuilds/pools.ts";
import { deprecate } from "../../src/app/templates/templates.ts";
import { CodedError } from "../../src/contracts/errors.ts";
import type { PresetId } from "../../src/contracts/ids.ts";
import { jobStatuses, transitions } from "../../src/contracts/states.ts";
import { claimOnce, create } from "../support/claims.ts";
import { createFixture, type Fixture } from "../support/fixture.ts";
import { type PrebuildSpec, putPrebuild } from "../support/prebuild-rows.ts";
import { type PublishedTemplate, publishTemplate } from "../support/templates.ts";

const minute = 60_000;
const ttlSeconds = 3_600;
const runs = 80;

const prebuilds: fc.Arbitrary<readonly PrebuildSpec[]> = fc.array(
  fc.record({
    // Mostly what could be claimable, so that there is something to agree about.
    transition: fc.oneof({ arbitrary: fc.constant("start" as const), weight: 4 }, fc.constantFrom(...transitions)),
    jobStatus: fc.oneof({ arbitrary: fc.constant("succeeded" as const), weight: 4 }, fc.constantFrom(...jobStatuses)),
    agents: fc.oneof(
      { arbitrary: fc.constant({ total: 1, ready: 1 }), weight: 4 },
      fc.constantFrom({ total: 2, ready: 2 }, { total: 2, ready: 1 }, { total: 0, ready: 0 }),
    ),
    ageMs: fc.constantFrom(0, 30 * minute, 60 * minute, 60 * minute + 1, 90 * minute),
  }),
  { minLength: 1, maxLength: 5 },
);

const pool = fc.record({
  versions: fc.array(fc.record({ prebuilds, size: fc.constantFrom("small", "large") }), { minLength: 1, maxLength: 3 }),
  ttl: fc.constantFrom(0, ttlSeconds),
  invalidatedAgoMs: fc.constantFrom(null, null, 30 * minute, 45 * minute),
  strategy: fc.constantFrom("replace" as const, "surge" as const),
  activeForMs: fc.constantFrom(0, 30 * minute, 60 * minute, 60 * minute + 1),
  isDeprecated: fc.integer({ min: 0, max: 5 }).map((die) => die === 0),
});
type PoolCase = Parameters<Parameters<typeof pool.map>[0]>[0];

let fx: Fixture;
let templates = 0;
beforeAll(async () => {
  fx = await createFixture();
});
afterAll(() => fx.close());

async function arrange(given: PoolCase): Promise<PublishedTemplate> {
  templates += 1;
  let published: PublishedTemplate | undefined;
  for (const { prebuilds: specs, size } of given.versions) {
    published = await publishTemplate(fx, {
      template: `web-${templates}`,
      parameters: [{ name: "size", default: "small" }],
      presets: {
        pool: { parameters: { size }, prebuilds: { instances: 2, expiration_policy: { ttl: given.ttl } } },
      },
      rollout: { strategy: given.strategy, max_outdated_age: ttlSeconds },
    });
    for (const spec of specs) {
      const canHaveAgents = spec.transition === "start" && spec.jobStatus === "succeeded";
      const { agents, ...rest } = spec;
      await putPrebuild(fx, published.preset(), canHaveAgents && agents !== undefined ? { ...rest, agents } : rest);
    }
  }
  if (published === undefined) throw new Error("there is at least one version");
  const now = fx.clock.now().getTime();
  if (given.invalidatedAgoMs !== null) {
    await fx.rows("update presets set invalidated_at = $2 where template_id = $1", [
      published.templateId,
      new Date(now - given.invalidatedAgoMs),
    ]);
  }
  await fx.rows("update templates set active_since = $2 where id = $1", [
    published.templateId,
    new Date(now - given.activeForMs),
  ]);
  if (given.isDeprecated) await deprecate(fx.context, fx.admin, { template: published.name, deprecated: true });
  return published;
}

/** Claims until there is nothing left. @returns how many it got. */
async function claimAll(template: string): Promise<number> {
  for (let count = 0; ; count += 1) {
    try {
      await create(fx, { template, preset: "pool", mode: "warm_only" });
    } catch (error) {
      if (error instanceof CodedError) return count;
      throw error;
    }
  }
}

it("whatever is in a pool, as many as are shown as claimable can be claimed, and not one more", async () => {
  let shownInAll = 0;
  await fc.assert(
    fc.asyncProperty(pool, async (given) => {
      const template = await arrange(given);
      const { pools } = await seePools(fx.context, { templateId: template.templateId });
      const shown = pools.reduce((sum, { plan }) => sum + plan.state.eligible, 0);
      shownInAll += shown;
      expect(await claimAll(template.name)).toBe(shown);
      const presets = await fx.rows<{ id: PresetId }>("select id from presets where template_id = $1", [
        template.templateId,
      ]);
      const active = template.preset();
      const direct = presets.filter(({ id }) => id !== active).map(({ id }) => ({ ...template, presetId: id }));
      for (const from of direct)
        expect(await claimOnce(fx, fx.store, from), "an outdated one, not asked for").toBeUndefined();
    }),
    { numRuns: runs, seed: 20_260 },
  );
  expect(shownInAll, "the property was about something").toBeGreaterThan(runs / 2);
});
