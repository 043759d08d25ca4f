// Who gets a daemon's slots: what is reserved for people, and which build makes way for them.
import { describe, expect, test } from "vitest";
import { decidePool } from "../../../src/domain/pool/decide-pool.ts";
import { limitCreateRate } from "../../../src/domain/pool/limit-create-rate.ts";
import { plannedCreates } from "../../../src/domain/pool/pool-plan.ts";
import { choosePreemptions, type PreemptionInput } from "../../../src/domain/queue/preemption.ts";
import { reservedSlots } from "../../../src/domain/queue/reserved-slots.ts";
import { now, pool, presetId } from "./pool-factory.ts";

describe("reserved slots", () => {
  test.each([
    [1, 0.25, 0],
    [2, 0.25, 1],
    [3, 0.25, 1],
    [8, 0.25, 2],
    [10, 0.01, 1],
    [4, 1, 3],
    [1, 1, 0],
    [8, 0, 0],
  ])("of %i with a share of %d are %i", (concurrency, share, reserved) => {
    expect(reservedSlots(concurrency, share)).toBe(reserved);
  });
});

describe("pre-emption", () => {
  const one = { waiting: [{ jobId: "w1", daemonIds: ["a"] }], daemons: [{ daemonId: "a", free: 0, ending: 0 }] };
  const creates = [
    { jobId: "old", daemonId: "a", startedAt: 1 },
    { jobId: "young", daemonId: "a", startedAt: 3 },
    { jobId: "elsewhere", daemonId: "b", startedAt: 9 },
  ];
  const victims = (input: Partial<PreemptionInput>): string[] =>
    choosePreemptions({ ...one, creates, ...input }).map((chosen) => chosen.jobId);

  test("takes the youngest create of a daemon that could take the job, and no other daemon's", () => {
    expect(victims({})).toEqual(["young"]);
  });

  test("takes none while a slot is free, or about to be", () => {
    expect(victims({ daemons: [{ daemonId: "a", free: 1, ending: 0 }] })).toEqual([]);
    expect(victims({ daemons: [{ daemonId: "a", free: 0, ending: 1 }] })).toEqual([]);
  });

  test("takes one for each job that waits, and no more than there are", () => {
    const waiting = ["w1", "w2", "w3"].map((jobId) => ({ jobId, daemonIds: ["a"] }));
    expect(victims({ waiting })).toEqual(["young", "old"]);
    expect(victims({ waiting, daemons: [{ daemonId: "a", free: 0, ending: 2 }] })).toEqual(["young"]);
  });

  test("takes none for a job that no daemon could take", () => {
    expect(victims({ waiting: [{ jobId: "w1", daemonIds: [] }] })).toEqual([]);
  });

  test("says in whose favour", () => {
    expect(choosePreemptions({ ...one, creates })).toEqual([{ jobId: "young", inFavourOf: "w1" }]);
  });
});

describe("the deployment's rate of creates", () => {
  const plans = [3, 2].map((instances, index) =>
    decidePool(pool({ preset: { presetId: presetId(`preset-${index}`), instances } })),
  );
  const limited = (createsPerMinuteMax: number, createdCount: number) =>
    limitCreateRate(plans, { createsPerMinuteMax, createdCount, oldestCreatedAt: now - 20_000 });

  test("lets through what is left of this minute, and every pool's first before any second", () => {
    expect(limited(4, 2).map(plannedCreates)).toEqual([1, 1]);
    expect(limited(4, 4).map(plannedCreates)).toEqual([0, 0]);
    expect(limited(4, 9).map(plannedCreates)).toEqual([0, 0]);
  });

  test("says how many it holds, why, and until when", () => {
    const detail = "the deployment may create 4 prebuilds a minute";
    const reason = "create_rate";
    expect(limited(4, 3)[0]?.held).toEqual([{ reason, count: 2, until: now + 40_000, detail }]);
  });

  test("holds nothing with room for all, or without a limit", () => {
    expect(limited(5, 0)).toBe(plans);
    expect(limited(0, 1_000)).toBe(plans);
  });
});
