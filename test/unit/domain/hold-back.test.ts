import { describe, expect, test } from "vitest";
import { allocateInFlight } from "../../../src/domain/pool/allocate-in-flight.ts";
import { decidePool } from "../../../src/domain/pool/decide-pool.ts";
import { holdCreates } from "../../../src/domain/pool/hold-creates.ts";
import { plannedCreates } from "../../../src/domain/pool/pool-plan.ts";
import { presetHealth } from "../../../src/domain/pool/preset-health.ts";
import { failed, hourMs, minuteMs, now, pool, prebuilds, presetId, succeeded } from "./pool-factory.ts";

const create = (count: number) => ({ kind: "create", count, because: "below_desired" });
const short = { backoffIntervalMs: 5_000 };

describe("backoff", () => {
  test("A28 a failure just now holds the create until one interval later", () => {
    const plan = decidePool(pool({ completed: [failed(now)], policy: short }));
    expect(plan.actions).toEqual([]);
    expect(plan.held).toEqual([
      { reason: "backoff", count: 1, until: now + 5_000, detail: "1 recent prebuild failed" },
    ]);
  });

  test("A29 at exactly that instant it still holds, and a microsecond later it does not", () => {
    const at = (instant: number) => decidePool(pool({ completed: [failed(now)], policy: short, now: instant }));
    expect(at(now + 5_000).actions).toEqual([]);
    expect(at(now + 5_000).held).toMatchObject([{ reason: "backoff", count: 1 }]);
    expect(at(now + 5_000.001).actions).toEqual([create(1)]);
    expect(at(now + 5_000.001).held).toEqual([]);
  });

  test("A30 an expired prebuild is deleted while its replacement is held", () => {
    const old = prebuilds(1, "ready", { createdAt: now - 10_000 });
    const plan = decidePool(
      pool({ preset: { ttlMs: 5_000 }, prebuilds: old, completed: [failed(now)], policy: short }),
    );
    expect(plan.actions).toMatchObject([{ kind: "delete", because: "expired" }]);
    expect(plan.held).toMatchObject([{ reason: "backoff", count: 1 }]);
  });

  test("A31 a sibling without failures is not held", () => {
    expect(decidePool(pool({ completed: [] })).actions).toEqual([create(1)]);
  });

  test("A46 base 0 with a schedule that says 3 is held after a failed build", () => {
    const schedules = [{ cron: "* 12 * * *", instances: 3 }];
    const plan = decidePool(pool({ preset: { instances: 0, timezone: "UTC", schedules }, completed: [failed(now)] }));
    expect(plan.actions).toEqual([]);
    expect(plan.held).toMatchObject([{ reason: "backoff", count: 3, until: now + minuteMs }]);
  });

  test("D107 two failures hold for two intervals, and a third one makes it three", () => {
    const two = { preset: { instances: 2 }, completed: [failed(now), failed(now)] };
    expect(decidePool(pool(two)).held).toMatchObject([{ until: now + 2 * minuteMs, count: 2 }]);
    const later = now + 2 * minuteMs + 1;
    expect(decidePool(pool({ ...two, now: later })).actions).toEqual([create(2)]);
    const three = { preset: { instances: 2 }, completed: [failed(later), succeeded(later), failed(now), failed(now)] };
    expect(decidePool(pool({ ...three, prebuilds: prebuilds(1, "ready"), now: later })).held).toMatchObject([
      { reason: "backoff", until: later + 3 * minuteMs, count: 1 },
    ]);
  });

  test("a failure older than the newest max(1, desired) builds holds nothing", () => {
    const completed = [succeeded(now), failed(now - 1)];
    expect(decidePool(pool({ preset: { instances: 1 }, completed })).held).toEqual([]);
    expect(decidePool(pool({ preset: { instances: 2 }, completed })).held).toMatchObject([{ reason: "backoff" }]);
  });

  test("at base 0 the newest build still counts, although nothing is wanted", () => {
    const plan = decidePool(pool({ preset: { instances: 0 }, completed: [failed(now)] }));
    expect(plan.held).toMatchObject([{ reason: "backoff", count: 0 }]);
  });

  test("failures outside the look-back window neither hold nor count", () => {
    const policy = { backoffIntervalMs: hourMs };
    const outside = failed(now - hourMs - 1);
    expect(decidePool(pool({ completed: [outside], policy })).held).toEqual([]);
    const edge = failed(now - hourMs);
    expect(decidePool(pool({ completed: [edge, outside], policy })).held).toMatchObject([{ until: now }]);
  });

  test("a count of failures that the loader made is taken in place of the list", () => {
    const history = { completed: [failed(now)], failuresInWindow: { count: 9, newestCreatedAt: now } };
    expect(decidePool(pool({ history })).held).toMatchObject([{ until: now + 9 * minuteMs }]);
  });
});

describe("hard limit", () => {
  const streak = [failed(now), failed(now - minuteMs), failed(now - 2 * minuteMs)];
  const probeAt = now + 10 * minuteMs;

  test("A47 the surplus of a hard-limited preset is deleted while its creates are held", () => {
    const plan = decidePool(pool({ prebuilds: prebuilds(2, "ready"), completed: streak }));
    expect(plan.actions).toMatchObject([{ kind: "delete", because: "extraneous", prebuilds: [{}] }]);
    expect(plan.held).toMatchObject([{ reason: "hard_limited", count: 0, until: probeAt }]);
  });

  test("D103 with a limit of 1 one failure is enough", () => {
    const plan = decidePool(pool({ completed: [failed(now)], policy: { failureHardLimit: 1 } }));
    expect(plan.health.kind).toBe("hard_limited");
    expect(plan.actions).toEqual([]);
  });

  test("D104 with a limit of 2 one failure leaves the preset healthy, and it creates after the backoff", () => {
    const over = { completed: [failed(now)], policy: { failureHardLimit: 2 }, now: now + minuteMs + 1 };
    expect(decidePool(pool(over)).health).toEqual({ kind: "healthy" });
    expect(decidePool(pool(over)).actions).toEqual([create(1)]);
  });

  test("one success among the newest builds, or fewer builds than the limit, is healthy", () => {
    expect(presetHealth(pool({ completed: [succeeded(now), ...streak] })).kind).toBe("healthy");
    expect(presetHealth(pool({ completed: [failed(now), failed(now), succeeded(now)] })).kind).toBe("healthy");
    expect(presetHealth(pool({ completed: streak.slice(0, 2) })).kind).toBe("healthy");
  });

  test("a limit of 0 never holds", () => {
    expect(presetHealth(pool({ completed: streak, policy: { failureHardLimit: 0 } }))).toEqual({ kind: "healthy" });
  });

  test("it says since when: the completion of the failure that reached the limit", () => {
    const completed = [failed(now), failed(now - 1), failed(now - 2), failed(now - 3)];
    expect(presetHealth(pool({ completed }))).toEqual({
      kind: "hard_limited",
      since: now - 1,
      probeAt,
      failures: 4,
    });
  });

  test("a millisecond before the cool-down is over nothing is created, and at its end exactly one is", () => {
    const at = (instant: number) => decidePool(pool({ preset: { instances: 4 }, completed: streak, now: instant }));
    expect(at(probeAt - 1).actions).toEqual([]);
    expect(at(probeAt).actions).toEqual([{ kind: "create", count: 1, because: "probe" }]);
    expect(at(probeAt).held).toMatchObject([{ reason: "hard_limited", count: 3 }]);
  });

  test("no second probe is made while anything is starting", () => {
    const under = pool({
      preset: { instances: 4 },
      completed: streak,
      prebuilds: prebuilds(1, "building"),
      now: probeAt,
    });
    expect(decidePool(under).actions).toEqual([]);
    expect(decidePool(under).held).toMatchObject([{ reason: "hard_limited", count: 3 }]);
  });

  test("nor while one whose build has ended may still become ready: only that says whether it works again", () => {
    const undecided = prebuilds(1, "starting", { readyAt: null });
    const under = pool({ preset: { instances: 4 }, completed: streak, prebuilds: undecided, now: probeAt });
    expect(decidePool(under).actions).toEqual([]);
    expect(decidePool(under).held).toMatchObject([{ reason: "hard_limited", count: 3 }]);
  });

  test("one that the same plan removes is not waited for: it shows nothing any more", () => {
    const expired = prebuilds(1, "starting", { readyAt: null, createdAt: now - hourMs });
    const under = pool({ preset: { ttlMs: minuteMs }, completed: streak, prebuilds: expired, now: probeAt });
    expect(decidePool(under).actions).toMatchObject([
      { kind: "delete", because: "expired" },
      { kind: "create", count: 1, because: "probe" },
    ]);
  });

  test("builds that a lost daemon abandoned are no word against the template, and do not end a streak either", () => {
    const lost = (at: number) => ({ ...failed(at), result: "abandoned" as const });
    expect(presetHealth(pool({ completed: [lost(now), lost(now), lost(now), lost(now)] })).kind).toBe("healthy");
    expect(presetHealth(pool({ completed: [lost(now), ...streak.slice(0, 2)] })).kind).toBe("healthy");
    expect(presetHealth(pool({ completed: [lost(now), ...streak] })).kind).toBe("hard_limited");
  });

  test("a failed probe restarts the cool-down, and a successful one makes the preset healthy", () => {
    const later = probeAt + minuteMs;
    expect(presetHealth(pool({ completed: [failed(later), ...streak], now: later }))).toMatchObject({
      kind: "hard_limited",
      probeAt: later + 10 * minuteMs,
    });
    expect(presetHealth(pool({ completed: [succeeded(later), ...streak], now: later }))).toEqual({ kind: "healthy" });
  });

  test("a probe does not wait for the backoff as well", () => {
    const slow = { backoffIntervalMs: hourMs, probeIntervalMs: minuteMs };
    const plan = decidePool(pool({ completed: streak, policy: slow, now: now + minuteMs }));
    expect(plan.actions).toEqual([{ kind: "create", count: 1, because: "probe" }]);
  });
});

describe("other reasons", () => {
  test("D101 a validation failure holds every create and says why", () => {
    const over = { validationFailedAt: now, validationMessage: "region is missing" };
    const plan = decidePool(pool({ preset: over }));
    expect(plan.actions).toEqual([]);
    expect(plan.health).toEqual({ kind: "validation_failed", since: now, message: "region is missing" });
    expect(plan.held).toMatchObject([
      { reason: "validation_failed", count: 1, detail: expect.stringContaining("region is missing") },
    ]);
  });

  test("D119 a paused pool neither creates nor deletes nor cancels, and its numbers are still right", () => {
    const paused = { paused: true };
    expect(decidePool(pool({ policy: paused })).held).toMatchObject([{ reason: "paused", count: 1 }]);
    const surplus = decidePool(pool({ policy: paused, prebuilds: prebuilds(3, "ready") }));
    expect(surplus.actions).toEqual([]);
    expect(surplus.state).toMatchObject({ actual: 3, extraneous: 2 });
    const outdated = { versionIsActive: false };
    const pendingOne = prebuilds(1, "building", { hasPendingFirstBuildJob: true });
    expect(decidePool(pool({ policy: paused, preset: outdated, prebuilds: pendingOne })).actions).toEqual([]);
  });

  test("switched off comes before paused", () => {
    const plan = decidePool(pool({ policy: { paused: true, disabled: true }, prebuilds: prebuilds(3, "ready") }));
    expect(plan.mode).toBe("disabled");
    expect(plan.actions).toEqual([]);
    expect(plan.held).toMatchObject([{ reason: "disabled" }]);
  });

  test("a rehearsal that blocks the pool holds its creates, and its deletes go on", () => {
    const plan = decidePool(
      pool({ preset: { instances: 0, blockedByRehearsal: "disk because of owner" }, prebuilds: prebuilds(1, "ready") }),
    );
    expect(plan.actions).toMatchObject([{ kind: "delete" }]);
    expect(plan.state).toMatchObject({ actual: 1, eligible: 0 });
    expect(plan.held).toMatchObject([{ reason: "claim_replaces", detail: expect.stringContaining("disk") }]);
  });

  test("the preset's in-flight limit lets a part pass and holds the rest", () => {
    const plan = decidePool(
      pool({ preset: { instances: 10 }, prebuilds: prebuilds(2, "building"), policy: { inFlightPerPresetMax: 5 } }),
    );
    expect(plan.actions).toEqual([create(3)]);
    expect(plan.held).toMatchObject([{ reason: "in_flight_limit", count: 5 }]);
  });

  test("what is held later is added to what was held before", () => {
    const plan = decidePool(pool({ preset: { instances: 10 }, policy: { inFlightPerPresetMax: 5 } }));
    expect(holdCreates(plan, 0, { reason: "quota", detail: "" }).held).toMatchObject([
      { reason: "in_flight_limit", count: 5 },
      { reason: "quota", count: 5 },
    ]);
  });

  test("a quota found out later moves creates to held and leaves deletes alone", () => {
    const old = prebuilds(1, "ready", { createdAt: 0 });
    const plan = decidePool(pool({ preset: { instances: 3, ttlMs: 1 }, prebuilds: old }));
    const held = holdCreates(plan, 1, { reason: "quota", detail: "the allowance is used up" });
    expect(held.actions).toMatchObject([{ kind: "delete" }, { kind: "create", count: 1 }]);
    expect(held.held).toEqual([{ reason: "quota", count: 2, detail: "the allowance is used up" }]);
    expect(holdCreates(plan, 3, { reason: "quota", detail: "" })).toBe(plan);
  });
});

describe("the deployment's in-flight limit", () => {
  const plans = [10, 2, 1].map((instances, index) =>
    decidePool(pool({ preset: { presetId: presetId(`preset-${index}`), instances } })),
  );
  const share = (deploymentInFlight: number, deploymentInFlightMax: number) =>
    allocateInFlight(plans, { deploymentInFlight, deploymentInFlightMax });

  test("every pool gets its first slot before any gets its second", () => {
    expect(share(0, 3).map(plannedCreates)).toEqual([1, 1, 1]);
    expect(share(0, 6).map(plannedCreates)).toEqual([3, 2, 1]);
    expect(share(0, 6)[0]?.held).toMatchObject([{ reason: "in_flight_limit", count: 7 }]);
  });

  test("builds under way use up slots, and more of them than allowed leave none", () => {
    expect(share(4, 6).map(plannedCreates)).toEqual([1, 1, 0]);
    expect(share(9, 6).map(plannedCreates)).toEqual([0, 0, 0]);
  });

  test("a pool that has some waits for one that has none", () => {
    const some = decidePool(
      pool({ preset: { presetId: presetId("a"), instances: 5 }, prebuilds: prebuilds(2, "ready") }),
    );
    const none = decidePool(pool({ preset: { presetId: presetId("b"), instances: 2 } }));
    const shared = allocateInFlight([some, none], { deploymentInFlight: 0, deploymentInFlightMax: 2 });
    expect(shared.map(plannedCreates)).toEqual([0, 2]);
  });

  test("with room for all, or without a limit, nothing changes", () => {
    expect(share(0, 13)).toBe(plans);
    expect(share(99, 0)).toBe(plans);
  });
});
