import { describe, expect, test } from "vitest";
import { decidePool } from "../../../src/domain/pool/decide-pool.ts";
import type { LivePrebuild, SurgeProgress } from "../../../src/domain/pool/pool-snapshot.ts";
import { hourMs, minuteMs, now, pending, pool, prebuilds } from "./pool-factory.ts";

const outdated = { versionIsActive: false, rollout: "surge" } as const;

function roll(prebuildList: readonly LivePrebuild[], over: Partial<SurgeProgress>, preset = {}) {
  const surge = {
    replacementsReady: 0,
    replacementsDesired: 3,
    startedAt: now - minuteMs,
    maxOutdatedAgeMs: hourMs,
    ...over,
  };
  return decidePool(pool({ preset: { ...outdated, ...preset }, prebuilds: prebuildList, surge }));
}
const deleted = (plan: ReturnType<typeof roll>) =>
  plan.actions.flatMap((action) => (action.kind === "delete" ? action.prebuilds.map((one) => one.workspaceId) : []));

describe("surge", () => {
  test("outdated prebuilds stay while no replacement is ready", () => {
    const plan = roll(prebuilds(3, "ready"), {});
    expect(plan.actions).toEqual([]);
    expect(plan.mode).toBe("surging");
    expect(plan.state.eligible).toBe(3);
    expect(plan.rollout).toEqual({ kind: "rolling", kept: 3, until: now - minuteMs + hourMs });
  });

  test.each([1, 2, 3])("with %i replacements ready as many outdated ones go", (replacementsReady) => {
    const plan = roll(prebuilds(3, "ready"), { replacementsReady });
    expect(plan.actions).toMatchObject([{ kind: "delete", because: "outdated" }]);
    expect(deleted(plan)).toHaveLength(replacementsReady);
  });

  test("outdated ones that are not ready go before those that are", () => {
    const plan = roll([...prebuilds(2, "ready"), ...prebuilds(1, "starting")], { replacementsReady: 1 });
    expect(deleted(plan)).toEqual(["starting-1"]);
  });

  test("expired ones go at once and pending ones are cancelled, because neither can be claimed", () => {
    const plan = roll([...prebuilds(1, "ready", { createdAt: now - hourMs }), ...pending(1)], {}, { ttlMs: minuteMs });
    expect(plan.actions).toMatchObject([{ kind: "cancel_pending" }, { kind: "delete", because: "expired" }]);
  });

  test("past the greatest age of outdated prebuilds all of them go", () => {
    const aged = (startedAt: number) => roll(prebuilds(3, "ready"), { startedAt });
    expect(aged(now - hourMs).actions).toEqual([]);
    expect(aged(now - hourMs - 1).actions).toMatchObject([{ kind: "delete", because: "outdated" }]);
    expect(deleted(aged(now - hourMs - 1))).toHaveLength(3);
  });

  test("a version that gets nothing ready and fails stops the roll, and that is said", () => {
    const plan = roll(prebuilds(3, "ready"), { replacementHealth: "hard_limited" });
    expect(plan.actions).toEqual([]);
    expect(plan.rollout?.kind).toBe("stalled");
  });

  test("a deprecated template, or the strategy replace, keeps nothing", () => {
    expect(deleted(roll(prebuilds(3, "ready"), {}, { templateDeprecated: true }))).toHaveLength(3);
    expect(deleted(roll(prebuilds(3, "ready"), {}, { rollout: "replace" }))).toHaveLength(3);
  });
});
