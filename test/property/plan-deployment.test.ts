import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OrganizationId } from "../../src/contracts/ids.ts";
import { canSkip } from "../../src/domain/pool/decide-pool.ts";
import type { DeploymentSnapshot, PoolFacts } from "../../src/domain/pool/deployment-snapshot.ts";
import { explainPool } from "../../src/domain/pool/explain.ts";
import { plannedCreates } from "../../src/domain/pool/pool-plan.ts";
import { planned } from "../support/planned.ts";
import { minuteMs, now, policy, prebuilds, preset, presetId } from "../unit/domain/pool-factory.ts";
import { poolArbitrary } from "./pool-arbitrary.ts";

const acme = "organization-1" as OrganizationId;

const poolsArbitrary = fc
  .array(fc.record({ pool: poolArbitrary, cost: fc.nat(2), successor: fc.nat(5), isReplaced: fc.boolean() }), {
    maxLength: 8,
  })
  .map((list) =>
    list.map(({ pool, cost, successor, isReplaced }, nth): PoolFacts => {
      const own = { ...pool, preset: { ...pool.preset, presetId: presetId(`p${nth}`) }, cost };
      const replacement = {
        presetId: presetId(`p${successor}`),
        startedAt: now - minuteMs,
        maxOutdatedAgeMs: minuteMs,
      };
      return isReplaced && successor !== nth ? { ...own, replacement } : own;
    }),
  );

const deploymentArbitrary: fc.Arbitrary<DeploymentSnapshot> = fc.record({
  now: fc.constant(now),
  policy: fc.constant(policy),
  pools: poolsArbitrary,
  inFlightMax: fc.nat(8),
  createRate: fc.record({
    createsPerMinuteMax: fc.nat(8),
    createdCount: fc.nat(4),
    oldestCreatedAt: fc.option(fc.constant(now - 1_000)),
  }),
  quotas: fc.option(fc.record({ used: fc.nat(5), allowed: fc.nat(9) }).map((quota) => new Map([[acme, quota]]))),
});

describe("the plan of a deployment", () => {
  test("is what explain says of each pool, whatever else people are shown beside it", () => {
    const onlyEvidence = (nth: number): PoolFacts => ({
      preset: preset({ presetId: presetId(`evidence-${nth}`), versionIsActive: false }),
      prebuilds: prebuilds(2, nth % 2 === 0 ? "failed" : "parked"),
      history: { completed: [] },
      cost: 1,
    });
    fc.assert(
      fc.property(deploymentArbitrary, fc.nat(3), (deployment, extra) => {
        const cycle = planned(deployment).filter(({ snapshot }) => !canSkip(snapshot));
        const shown = planned({
          ...deployment,
          pools: [...deployment.pools, ...Array.from({ length: extra }, (_, nth) => onlyEvidence(nth))],
        });
        for (const { snapshot, plan } of cycle) {
          const record = shown
            .filter((one) => one.plan.presetId === plan.presetId)
            .map((one) => explainPool(one.snapshot, one.plan));
          expect(record).toEqual([explainPool(snapshot, plan)]);
        }
        const others = shown.filter((one) => !cycle.some(({ plan }) => plan.presetId === one.plan.presetId));
        expect(others.flatMap(({ plan }) => plan.actions)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("is the same of the others where pools that need nothing are skipped before they are decided about", () => {
    fc.assert(
      fc.property(deploymentArbitrary, (deployment) => {
        const all = planned(deployment);
        expect(planned(deployment, canSkip)).toEqual(all.filter(({ snapshot }) => !canSkip(snapshot)));
      }),
      { numRuns: 500 },
    );
  });

  test("creates no more than any limit of the deployment, and holds what it does not create", () => {
    fc.assert(
      fc.property(deploymentArbitrary, (deployment) => {
        const plans = planned(deployment).map(({ plan }) => plan);
        const total = plans.reduce((sum, plan) => sum + plannedCreates(plan), 0);
        const inFlight = plans.reduce((sum, plan) => sum + plan.state.starting, 0);
        const { inFlightMax, createRate, quotas } = deployment;
        if (inFlightMax > 0) expect(total).toBeLessThanOrEqual(Math.max(inFlightMax - inFlight, 0));
        const { createsPerMinuteMax, createdCount } = createRate;
        if (createsPerMinuteMax > 0) expect(total).toBeLessThanOrEqual(Math.max(createsPerMinuteMax - createdCount, 0));
        const quota = quotas?.get(acme);
        if (quota !== undefined) {
          const paid = plans.reduce(
            (sum, plan, nth) => sum + plannedCreates(plan) * (deployment.pools[nth]?.cost ?? 0),
            0,
          );
          expect(paid).toBeLessThanOrEqual(Math.max(quota.allowed - quota.used, 0));
        }
        for (const plan of plans) {
          expect(plannedCreates(plan) + plan.held.reduce((sum, one) => sum + one.count, 0)).toBe(plan.wanted);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("changes nothing of the snapshot, and is the same each time", () => {
    fc.assert(
      fc.property(deploymentArbitrary, (deployment) => {
        const before = structuredClone(deployment);
        expect(planned(deployment)).toEqual(planned(deployment));
        expect(deployment).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});
