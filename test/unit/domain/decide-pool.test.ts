import { describe, expect, test } from "vitest";
import { canSkip, decidePool } from "../../../src/domain/pool/decide-pool.ts";
import type { PoolAction } from "../../../src/domain/pool/pool-plan.ts";
import type { ReconciliationState } from "../../../src/domain/pool/reconciliation-state.ts";
import { failed, hourMs, now, type PoolOver, pending, pool, prebuild, prebuilds } from "./pool-factory.ts";

const inactive = { versionIsActive: false } as const;
const stale = now - 10_000;

/** Actions in short: `create 2`, `delete expired a,b`, `cancel a`. */
function shortActions(actions: readonly PoolAction[]): string[] {
  return actions.map((action) => {
    if (action.kind === "create") return `create ${action.count}`;
    const ids = action.prebuilds.map((one) => one.workspaceId).join(",");
    return action.kind === "delete" ? `delete ${action.because} ${ids}` : `cancel ${ids}`;
  });
}

interface Case {
  readonly name: string;
  readonly pool: PoolOver;
  readonly numbers?: Partial<ReconciliationState>;
  readonly actions: readonly string[];
}

const ready = (count: number) => prebuilds(count, "ready");
const zero = {
  running: 0,
  eligible: 0,
  expired: 0,
  actual: 0,
  desired: 0,
  extraneous: 0,
  starting: 0,
  stopping: 0,
  deleting: 0,
};
const base = (instances: number) => ({ instances });

const cases: readonly Case[] = [
  {
    name: "A1 active 0 with nothing has all numbers 0 and no action",
    pool: { preset: base(0) },
    numbers: zero,
    actions: [],
  },
  {
    name: "A2 active 1 with nothing creates 1",
    pool: { preset: base(1) },
    numbers: { desired: 1 },
    actions: ["create 1"],
  },
  {
    name: "A3 an inactive preset deletes its ready one, which nobody can claim any more",
    pool: { preset: inactive, prebuilds: ready(1) },
    numbers: { actual: 1, desired: 0, eligible: 0, extraneous: 0 },
    actions: ["delete inactive ready-1"],
  },
  {
    name: "A5 an inactive preset deletes what runs, not what is being deleted",
    pool: { preset: inactive, prebuilds: [...ready(1), ...prebuilds(1, "draining")] },
    numbers: { actual: 1, deleting: 1 },
    actions: ["delete inactive ready-1"],
  },
  {
    name: "A6 an inactive preset cancels its pending first builds and does nothing else",
    pool: { preset: inactive, prebuilds: pending(2) },
    numbers: { starting: 2 },
    actions: ["cancel building-1,building-2"],
  },
  {
    name: "a build of an inactive preset that a daemon is running is left to finish",
    pool: { preset: inactive, prebuilds: prebuilds(1, "building") },
    actions: [],
  },
  { name: "A7 active 0 leaves 2 pending alone", pool: { preset: base(0), prebuilds: pending(2) }, actions: [] },
  {
    name: "A8 active 1 with 1 starting does nothing",
    pool: { prebuilds: prebuilds(1, "building") },
    numbers: { starting: 1 },
    actions: [],
  },
  {
    name: "A9 active 2 with 1 running and 1 starting does nothing",
    pool: { preset: base(2), prebuilds: [...ready(1), ...prebuilds(1, "building")] },
    actions: [],
  },
  {
    name: "A10 active 2 with 2 running and 1 starting does nothing",
    pool: { preset: base(2), prebuilds: [...ready(2), ...prebuilds(1, "building")] },
    actions: [],
  },
  {
    name: "A11 active 1 with 1 stopping creates 1",
    pool: { prebuilds: prebuilds(1, "stopping") },
    numbers: { stopping: 1 },
    actions: ["create 1"],
  },
  {
    name: "A12 active 3 with 2 running and 1 stopping creates 1",
    pool: { preset: base(3), prebuilds: [...ready(2), ...prebuilds(1, "stopping")] },
    actions: ["create 1"],
  },
  {
    name: "A13 active 3 with 3 running and 1 stopping does nothing",
    pool: { preset: base(3), prebuilds: [...ready(3), ...prebuilds(1, "stopping")] },
    actions: [],
  },
  {
    name: "A14 active 1 with 1 deleting creates 1",
    pool: { prebuilds: prebuilds(1, "draining") },
    numbers: { deleting: 1 },
    actions: ["create 1"],
  },
  {
    name: "A15 active 2 with 1 running and 1 deleting creates 1",
    pool: { preset: base(2), prebuilds: [...ready(1), ...prebuilds(1, "draining")] },
    actions: ["create 1"],
  },
  {
    name: "A16 active 3 with 1 running and 2 starting does nothing",
    pool: { preset: base(3), prebuilds: [...ready(1), ...prebuilds(2, "building")] },
    actions: [],
  },
  {
    name: "A17 active 3 with 5 running deletes 2, whatever is being deleted already",
    pool: { preset: base(3), prebuilds: [...ready(5), ...prebuilds(2, "draining")] },
    numbers: { extraneous: 2, deleting: 2 },
    actions: ["delete extraneous ready-1,ready-2"],
  },
  {
    name: "A18 of two ready ones the older goes",
    pool: { prebuilds: [prebuild("young"), prebuild("old", { createdAt: now - hourMs })] },
    numbers: { extraneous: 1, eligible: 2 },
    actions: ["delete extraneous old"],
  },
  {
    name: "A19 of an unready older and a ready newer one the older goes",
    pool: { prebuilds: [prebuild("young"), prebuild("old", { createdAt: now - hourMs, state: "starting" })] },
    numbers: { extraneous: 1, eligible: 1 },
    actions: ["delete extraneous old"],
  },
  {
    name: "A19 of a ready older and an unready newer one the newer goes",
    pool: { prebuilds: [prebuild("young", { state: "starting" }), prebuild("old", { createdAt: now - hourMs })] },
    actions: ["delete extraneous young"],
  },
  {
    name: "A20 two within their time to live stay",
    pool: { preset: { instances: 2, ttlMs: 5_000 }, prebuilds: prebuilds(2, "ready", { createdAt: now }) },
    numbers: { expired: 0 },
    actions: [],
  },
  {
    name: "A21 one past its time to live is deleted, then one is created",
    pool: {
      preset: { instances: 2, ttlMs: 5_000 },
      prebuilds: [prebuild("old", { createdAt: stale }), prebuild("new", { createdAt: now })],
    },
    numbers: { expired: 1, actual: 2, eligible: 1 },
    actions: ["delete expired old", "create 1"],
  },
  {
    name: "A22 two past their time to live are deleted, then two are created",
    pool: { preset: { instances: 2, ttlMs: 5_000 }, prebuilds: prebuilds(2, "ready", { createdAt: stale }) },
    numbers: { expired: 2, eligible: 0 },
    actions: ["delete expired ready-1,ready-2", "create 2"],
  },
  {
    name: "A23 of 4 running with 2 expired only the expired go",
    pool: {
      preset: { instances: 2, ttlMs: 5_000 },
      prebuilds: [
        ...prebuilds(2, "ready", { createdAt: now }),
        prebuild("old-1", { createdAt: stale }),
        prebuild("old-2", { createdAt: stale }),
      ],
    },
    numbers: { extraneous: 0 },
    actions: ["delete expired old-1,old-2"],
  },
  {
    name: "A24 of 4 running with 1 expired, two separate actions delete the expired and the oldest of the rest",
    pool: {
      preset: { instances: 2, ttlMs: 5_000 },
      prebuilds: [
        prebuild("a", { createdAt: now }),
        prebuild("b", { createdAt: now - 4_000 }),
        prebuild("c", { createdAt: now - 3_000 }),
        prebuild("old", { createdAt: stale }),
      ],
    },
    numbers: { expired: 1, extraneous: 1 },
    actions: ["delete expired old", "delete extraneous b"],
  },
  {
    name: "A25 two created before the invalidation are deleted and replaced",
    pool: { preset: { instances: 2, invalidatedAt: now - 1 }, prebuilds: ready(2) },
    numbers: { expired: 2 },
    actions: ["delete expired ready-1,ready-2", "create 2"],
  },
  {
    name: "A26 one created after the invalidation stays",
    pool: {
      preset: { instances: 2, invalidatedAt: now - 1 },
      prebuilds: [prebuild("before"), prebuild("after", { createdAt: now })],
    },
    numbers: { expired: 1 },
    actions: ["delete expired before", "create 1"],
  },
  {
    name: "A27 the prebuild of a deprecated template is deleted",
    pool: { preset: { templateDeprecated: true }, prebuilds: ready(1) },
    numbers: { desired: 0, actual: 1 },
    actions: ["delete inactive ready-1"],
  },
  { name: "A32 a preset with 1 starting does nothing", pool: { prebuilds: prebuilds(1, "building") }, actions: [] },
  { name: "A32 its sibling without any creates 2", pool: { preset: base(2) }, actions: ["create 2"] },
  {
    name: "A42 a ready but expired one is not eligible",
    pool: { preset: { ttlMs: 5_000 }, prebuilds: prebuilds(1, "ready", { createdAt: stale }) },
    numbers: { eligible: 0, expired: 1 },
    actions: ["delete expired ready-1", "create 1"],
  },
  {
    name: "A43 without a time to live none expires",
    pool: { preset: { ttlMs: null }, prebuilds: [prebuild("old", { createdAt: 0 })] },
    numbers: { expired: 0 },
    actions: [],
  },
  {
    name: "A43 with a time to live of 0 none expires",
    pool: { preset: { ttlMs: 0 }, prebuilds: [prebuild("old", { createdAt: 0 })] },
    numbers: { expired: 0 },
    actions: [],
  },
  {
    name: "A44 at exactly the time to live a prebuild is not expired",
    pool: { preset: { ttlMs: 5_000 }, prebuilds: [prebuild("edge", { createdAt: now - 5_000 })] },
    numbers: { expired: 0 },
    actions: [],
  },
  {
    name: "A44 a thousandth of a millisecond later it is",
    pool: { preset: { ttlMs: 5_000 }, prebuilds: [prebuild("edge", { createdAt: now - 5_000 })], now: now + 0.001 },
    numbers: { expired: 1 },
    actions: ["delete expired edge", "create 1"],
  },
  {
    name: "A44 one created exactly at the invalidation is not expired",
    pool: { preset: { invalidatedAt: now - 60_000 }, prebuilds: ready(1) },
    numbers: { expired: 0 },
    actions: [],
  },
  {
    name: "D113 with 2 running, base 2 and 1 expired, none is extraneous and 1 is created",
    pool: {
      preset: { instances: 2, ttlMs: 5_000 },
      prebuilds: [prebuild("old", { createdAt: stale }), prebuild("new", { createdAt: now })],
    },
    numbers: { extraneous: 0 },
    actions: ["delete expired old", "create 1"],
  },
  {
    name: "D115 with 4 running, base 2 and 1 expired, the oldest not expired goes",
    pool: {
      preset: { instances: 2, ttlMs: 5_000 },
      prebuilds: [
        prebuild("old", { createdAt: stale }),
        prebuild("a", { createdAt: now - 2 }),
        prebuild("b", { createdAt: now - 1 }),
        prebuild("c", { createdAt: now }),
      ],
    },
    numbers: { extraneous: 1 },
    actions: ["delete expired old", "delete extraneous a"],
  },
  {
    name: "D124 20 → 1 takes one decision",
    pool: { prebuilds: ready(20) },
    numbers: { extraneous: 19 },
    actions: [
      `delete extraneous ${ready(20)
        .map((one) => one.workspaceId as string)
        .sort()
        .slice(0, 19)
        .join(",")}`,
    ],
  },
  {
    name: "failed and parked prebuilds are counted and neither replaced by nor deleted",
    pool: { prebuilds: [...prebuilds(2, "failed"), ...prebuilds(1, "parked")] },
    numbers: { failed: 2, parked: 1, actual: 0 },
    actions: ["create 1"],
  },
  {
    name: "a preset without an instance count wants none",
    pool: { preset: { instances: null } },
    numbers: { desired: 0 },
    actions: [],
  },
];

describe("state and actions of a pool", () => {
  test.each(cases)("$name", ({ pool: over, numbers = {}, actions }) => {
    const plan = decidePool(pool(over));
    expect(plan.state).toMatchObject(numbers);
    expect(shortActions(plan.actions)).toEqual(actions);
    expect(plan.held).toEqual([]);
  });

  test("A4 an outdated prebuild does not stand in for its sibling's", () => {
    const outdated = decidePool(pool({ preset: inactive, prebuilds: ready(1) }));
    const sibling = decidePool(pool({ preset: { instances: 1 } }));
    expect(shortActions(outdated.actions)).toEqual(["delete inactive ready-1"]);
    expect(sibling.state.desired).toBe(1);
    expect(shortActions(sibling.actions)).toEqual(["create 1"]);
  });

  test("a deleted prebuild carries the generation that was seen", () => {
    const [action] = decidePool(pool({ preset: base(0), prebuilds: [prebuild("a", { generation: 7 })] })).actions;
    expect(action).toEqual({ kind: "delete", because: "extraneous", prebuilds: [{ workspaceId: "a", generation: 7 }] });
  });
});

describe("pools that are skipped", () => {
  const ttlMs = 5_000;
  const skips = [
    { name: "A33 an inactive pool with nothing is skipped", over: { preset: inactive }, skip: true, actions: [] },
    {
      name: "A34 an inactive pool with 1 running is not",
      over: { preset: inactive, prebuilds: ready(1) },
      skip: false,
      actions: ["delete inactive ready-1"],
    },
    {
      name: "A35 an inactive pool with 3 pending is not",
      over: { preset: inactive, prebuilds: pending(3) },
      skip: false,
      actions: ["cancel building-1,building-2,building-3"],
    },
    {
      name: "A36 an inactive pool with only an expired one is not, and the expired one is deleted",
      over: { preset: { ...inactive, ttlMs }, prebuilds: prebuilds(1, "ready", { createdAt: stale }) },
      skip: false,
      actions: ["delete inactive ready-1"],
    },
    {
      name: "A37 the empty pool of a deleted template is skipped",
      over: { preset: { templateDeleted: true } },
      skip: true,
      actions: [],
    },
    {
      name: "A37 the empty pool of a deprecated template is skipped",
      over: { preset: { templateDeprecated: true } },
      skip: true,
      actions: [],
    },
    {
      name: "A37 an inactive and hard-limited pool with nothing is skipped",
      over: { preset: inactive, completed: [failed(now), failed(now), failed(now)] },
      skip: true,
      actions: [],
    },
    {
      name: "A38 an active pool with nothing to do is not skipped",
      over: { prebuilds: ready(1) },
      skip: false,
      actions: [],
    },
  ] satisfies readonly { name: string; over: PoolOver; skip: boolean; actions: string[] }[];

  test.each(skips)("$name", ({ over, skip, actions }) => {
    expect(canSkip(pool(over))).toBe(skip);
    expect(shortActions(decidePool(pool(over)).actions)).toEqual(actions);
  });
});
