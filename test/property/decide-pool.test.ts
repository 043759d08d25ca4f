import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocateInFlight } from "../../src/domain/pool/allocate-in-flight.ts";
import { canSkip, decidePool } from "../../src/domain/pool/decide-pool.ts";
import { decisionDigest } from "../../src/domain/pool/decision-digest.ts";
import { explainPool } from "../../src/domain/pool/explain.ts";
import { type PoolPlan, plannedCreates } from "../../src/domain/pool/pool-plan.ts";
import type { LivePrebuild, PoolSnapshot } from "../../src/domain/pool/pool-snapshot.ts";
import { renderExplanation } from "../../src/domain/pool/render-explanation.ts";
import { presetId, workspaceId } from "../unit/domain/pool-factory.ts";
import { poolArbitrary } from "./pool-arbitrary.ts";

const runs = { numRuns: 2_000 };
const isRunning = ({ state }: LivePrebuild) => state === "ready" || state === "starting";
const isActive = ({ preset }: PoolSnapshot) =>
  preset.versionIsActive && !preset.templateDeleted && !preset.templateDeprecated;
const removedIds = (plan: PoolPlan) =>
  plan.actions.flatMap((action) => (action.kind === "create" ? [] : action.prebuilds.map((one) => one.workspaceId)));
const deletedIds = (plan: PoolPlan) =>
  plan.actions.flatMap((action) => (action.kind === "delete" ? action.prebuilds.map((one) => one.workspaceId) : []));

/** The pool as it is the moment after a plan was carried out: deletes and creates are under way. */
function applyPlan(snapshot: PoolSnapshot, plan: PoolPlan): PoolSnapshot {
  const deleted = new Set(deletedIds(plan));
  const removed = new Set(removedIds(plan));
  const kept = snapshot.prebuilds
    .filter((one) => !removed.has(one.workspaceId) || deleted.has(one.workspaceId))
    .map((one): LivePrebuild => (deleted.has(one.workspaceId) ? { ...one, state: "draining" } : one));
  const created = Array.from(
    { length: plannedCreates(plan) },
    (_, index): LivePrebuild => ({
      workspaceId: workspaceId(`new-${index}`),
      generation: 0,
      state: "building",
      createdAt: snapshot.now,
      readyAt: null,
      hasPendingFirstBuildJob: true,
    }),
  );
  return { ...snapshot, prebuilds: [...kept, ...created] };
}

describe("laws of a pool", () => {
  test("A39 a pool that can be skipped has no actions", () => {
    let skipped = 0;
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        if (!canSkip(snapshot)) return;
        skipped += 1;
        expect(decidePool(snapshot).actions).toEqual([]);
      }),
      runs,
    );
    expect(skipped).toBeGreaterThan(0);
  });

  test("A40 planning twice from one snapshot gives the same plan", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const before = structuredClone(snapshot);
        const reversed = { ...snapshot, prebuilds: snapshot.prebuilds.toReversed() };
        expect(decidePool(snapshot)).toEqual(decidePool(snapshot));
        expect(decidePool(reversed).actions).toEqual(decidePool(snapshot).actions);
        expect(snapshot).toEqual(before);
      }),
      runs,
    );
  });

  test("A40 once a plan is carried out, planning again gives no action", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const after = applyPlan(snapshot, decidePool(snapshot));
        expect(decidePool(after).actions).toEqual([]);
      }),
      runs,
    );
  });

  test("A41 it creates no more than desired, and nothing when it is inactive, paused or switched off", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        const created = plannedCreates(plan);
        expect(created).toBeLessThanOrEqual(plan.state.desired);
        if (!isActive(snapshot) || snapshot.policy.paused || snapshot.policy.disabled) expect(created).toBe(0);
      }),
      runs,
    );
  });

  test("A41 it removes only what is in the pool, as it was seen, and nothing twice", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        const ids = removedIds(plan);
        expect(new Set(ids).size).toBe(ids.length);
        for (const action of plan.actions) {
          if (action.kind === "create") continue;
          for (const { workspaceId: id, generation } of action.prebuilds) {
            const seen = snapshot.prebuilds.find((one) => one.workspaceId === id);
            expect(seen?.generation).toBe(generation);
            expect(seen && (action.kind === "delete" ? isRunning(seen) : seen.hasPendingFirstBuildJob)).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  test("what is wanted is created or held, and nothing is lost in between", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        const held = plan.held.reduce((sum, one) => sum + one.count, 0);
        expect(plannedCreates(plan) + held).toBe(plan.wanted);
        expect(plan.held.every((one) => one.count >= 0)).toBe(true);
      }),
      runs,
    );
  });

  test("the numbers are those of the definition", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const { state } = decidePool(snapshot);
        const count = (wanted: string) => snapshot.prebuilds.filter((one) => one.state === wanted).length;
        expect(state.actual).toBe(count("ready") + count("starting"));
        expect([state.starting, state.stopping, state.deleting]).toEqual([
          count("building"),
          count("stopping"),
          count("draining"),
        ]);
        expect(state.eligible).toBeLessThanOrEqual(count("ready"));
        const surplus = Math.max(state.actual - state.expired - state.desired, 0);
        expect(state.extraneous).toBe(isActive(snapshot) ? surplus : 0);
        if (!isActive(snapshot)) expect(state.desired).toBe(0);
      }),
      runs,
    );
  });

  test("scaling down never takes a claimable prebuild while one that is not could go", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        if (plan.mode !== "active") return;
        const after = decidePool(applyPlan(snapshot, plan)).state;
        expect(after.eligible).toBe(Math.min(plan.state.eligible, plan.state.desired));
      }),
      runs,
    );
  });

  test("a surge never leaves fewer claimable prebuilds, old and new, than desired, where there were as many", () => {
    let surging = 0;
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        if (plan.mode !== "surging" || snapshot.surge === undefined) return;
        surging += 1;
        const { replacementsReady, replacementsDesired } = snapshot.surge;
        const before = plan.state.eligible + replacementsReady;
        const after = decidePool(applyPlan(snapshot, plan)).state.eligible + replacementsReady;
        expect(after).toBeGreaterThanOrEqual(Math.min(before, replacementsDesired));
      }),
      runs,
    );
    expect(surging).toBeGreaterThan(0);
  });

  test("every decision can be recorded as JSON, explained, and has one digest", () => {
    fc.assert(
      fc.property(poolArbitrary, (snapshot) => {
        const plan = decidePool(snapshot);
        const record = explainPool(snapshot, plan);
        expect(JSON.parse(JSON.stringify(record))).toEqual(record);
        expect(decisionDigest(record)).toBe(decisionDigest(plan));
        const sentences = renderExplanation(record, { now: snapshot.now });
        expect(
          sentences.every((sentence) => /^[A-Z].*\.$/s.test(sentence) && !/undefined|NaN|null/.test(sentence)),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("the deployment's slots are all used, none twice, and no pool gets more than it wants", () => {
    const plansArbitrary = fc
      .array(poolArbitrary, { maxLength: 6 })
      .map((list) =>
        list.map((one, index) => decidePool({ ...one, preset: { ...one.preset, presetId: presetId(`p${index}`) } })),
      );
    fc.assert(
      fc.property(
        plansArbitrary,
        fc.nat(10),
        fc.integer({ min: 1, max: 20 }),
        (plans, deploymentInFlight, deploymentInFlightMax) => {
          const shared = allocateInFlight(plans, { deploymentInFlight, deploymentInFlightMax });
          const total = (list: readonly PoolPlan[]) => list.reduce((sum, plan) => sum + plannedCreates(plan), 0);
          const slots = Math.max(deploymentInFlightMax - deploymentInFlight, 0);
          expect(total(shared)).toBe(Math.min(total(plans), slots));
          for (const [index, plan] of shared.entries()) {
            expect(plannedCreates(plan)).toBeLessThanOrEqual(plannedCreates(plans[index] ?? plan));
            expect(plannedCreates(plan) + plan.held.reduce((sum, one) => sum + one.count, 0)).toBe(plan.wanted);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
