import { describe, expect, test } from "vitest";
import type { OrganizationId } from "../../../src/contracts/ids.ts";
import type { DeploymentSnapshot, PoolFacts } from "../../../src/domain/pool/deployment-snapshot.ts";
import { canSkip } from "../../../src/domain/pool/decide-pool.ts";
import { plannedCreates } from "../../../src/domain/pool/pool-plan.ts";
import { planned } from "../../support/planned.ts";
import { failed, hourMs, minuteMs, now, policy, type PoolOver, pool, prebuilds, presetId } from "./pool-factory.ts";

const acme = "organization-1" as OrganizationId;

/** A pool of the deployment; its preset's id is its name. */
function facts(name: string, over: PoolOver & Partial<Pick<PoolFacts, "cost" | "replacement">> = {}): PoolFacts {
  const { preset, prebuilds: live, history } = pool(over);
  const { cost = 0, replacement } = over;
  const own = { preset: { ...preset, presetId: presetId(name), presetName: name }, prebuilds: live, history, cost };
  return replacement === undefined ? own : { ...own, replacement };
}

function deployment(pools: readonly PoolFacts[], over: Partial<DeploymentSnapshot> = {}): DeploymentSnapshot {
  const createRate = { createsPerMinuteMax: 0, createdCount: 0, oldestCreatedAt: null };
  return { now, policy, pools, inFlightMax: 0, createRate, quotas: null, ...over };
}

const plansOf = (snapshot: DeploymentSnapshot) => planned(snapshot).map(({ plan }) => plan);

describe("what pools may create together", () => {
  const wanting = (count: number) => ({ preset: { instances: count } });

  test("is held by the builds in flight of all pools, also of those that want nothing", () => {
    const busy = facts("busy", { preset: { instances: 2 }, prebuilds: prebuilds(2, "building") });
    const plans = plansOf(deployment([busy, facts("large", wanting(3))], { inFlightMax: 3 }));
    expect(plans.map(plannedCreates)).toEqual([0, 1]);
    expect(plans[1]?.held).toMatchObject([{ reason: "in_flight_limit", count: 2 }]);
  });

  test("counts builds of a version that was replaced among those in flight", () => {
    const old = facts("old", { preset: { versionIsActive: false }, prebuilds: prebuilds(2, "building") });
    const plans = plansOf(deployment([old, facts("large", wanting(3))], { inFlightMax: 3 }));
    expect(plans.map(plannedCreates)).toEqual([0, 1]);
    const skipping = planned(deployment([old, facts("large", wanting(3))], { inFlightMax: 3 }), canSkip);
    expect(
      skipping.map(({ plan }) => plannedCreates(plan)),
      "also where nothing is decided about it",
    ).toEqual([1]);
  });

  test("is held by the rate of creates, by its own name and until when", () => {
    const createRate = { createsPerMinuteMax: 4, createdCount: 3, oldestCreatedAt: now - 20_000 };
    const [plan] = plansOf(deployment([facts("large", wanting(3))], { createRate }));
    expect(plan && plannedCreates(plan)).toBe(1);
    expect(plan?.held).toMatchObject([{ reason: "create_rate", count: 2, until: now + 40_000 }]);
    expect(plan?.rules.at(-1)).toMatchObject({ name: "deployment_create_rate", answer: "yes" });
  });

  test("is held by the quota of the organization, and by nothing where quotas are off", () => {
    const pools = [facts("large", { ...wanting(3), cost: 2 })];
    const quotas = new Map([[acme, { used: 1, allowed: 5 }]]);
    expect(plansOf(deployment(pools, { quotas })).map(plannedCreates)).toEqual([2]);
    expect(plansOf(deployment(pools)).map(plannedCreates)).toEqual([3]);
  });

  test("is held by each in turn, and what is wanted is created or held", () => {
    const createRate = { createsPerMinuteMax: 4, createdCount: 0, oldestCreatedAt: null };
    const quotas = new Map([[acme, { used: 0, allowed: 2 }]]);
    const pools = [facts("large", { ...wanting(9), cost: 1 })];
    const [plan] = plansOf(deployment(pools, { inFlightMax: 6, createRate, quotas }));
    expect(plan?.held.map(({ reason, count }) => [reason, count])).toEqual([
      ["in_flight_limit", 3],
      ["create_rate", 2],
      ["quota", 2],
    ]);
    expect(plan && plannedCreates(plan)).toBe(2);
  });
});

describe("a roll-out by surge", () => {
  const replacement = { presetId: presetId("new"), startedAt: now - minuteMs, maxOutdatedAgeMs: hourMs };
  const old = facts("old", {
    preset: { versionIsActive: false, rollout: "surge" },
    prebuilds: prebuilds(2, "ready"),
    replacement,
  });
  const rolled = (over: PoolOver) =>
    plansOf(deployment([old, facts("new", { ...over, preset: { instances: 2, rollout: "surge", ...over.preset } })]));

  test("has stopped when its replacement is hard-limited, and the old ones stay", () => {
    const completed = [1, 2, 3].map((nth) => failed(now - nth * minuteMs));
    const [plan] = rolled({ completed });
    expect(plan?.rollout).toMatchObject({ kind: "stalled", kept: 2 });
    expect(plan?.actions).toEqual([]);
  });

  test("has stopped when its replacement was refused because of its input", () => {
    expect(rolled({ preset: { validationFailedAt: now } })[0]?.rollout?.kind).toBe("stalled");
  });

  test("goes on while the replacement is being built, and gives up as many as are ready", () => {
    expect(rolled({ prebuilds: prebuilds(1, "building") })[0]?.rollout).toMatchObject({ kind: "rolling", kept: 2 });
    const [plan] = rolled({ prebuilds: prebuilds(1, "ready") });
    expect(plan?.rollout).toMatchObject({ kind: "rolling", kept: 1 });
    expect(plan?.actions).toMatchObject([{ kind: "delete", because: "outdated" }]);
  });

  test("takes a replacement that a rehearsal blocks for not ready, as nobody could claim it", () => {
    const [plan] = rolled({ prebuilds: prebuilds(2, "ready"), preset: { blockedByRehearsal: "it replaces a disk" } });
    expect(plan?.actions).toEqual([]);
    expect(plan?.rollout).toMatchObject({ kept: 2 });
  });

  test("is none when nothing is known of the replacement", () => {
    expect(plansOf(deployment([old]))[0]?.mode).toBe("inactive");
  });
});
