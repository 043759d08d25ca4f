import { describe, expect, test } from "vitest";
import { type FaultName, faultKinds } from "../../../chaos/plan/fault-kinds.ts";
import { people } from "../../../chaos/plan/load-plan.ts";
import { planRound, type RoundPlan } from "../../../chaos/plan/round-plan.ts";

const rounds = (seed: number, count: number, only?: readonly FaultName[]): readonly RoundPlan[] =>
  Array.from({ length: count }, (_, number) => planRound(seed, number, only));

describe("what chaos is going to do", () => {
  test("is the same for the same seed, and another for another", () => {
    expect(rounds(7, 6)).toEqual(rounds(7, 6));
    expect(rounds(8, 6)).not.toEqual(rounds(7, 6));
  });

  test("does not depend on the rounds that were planned before", () => {
    expect(planRound(7, 5)).toEqual(rounds(7, 6)[5]);
  });

  test("begins with a round without faults", () => {
    expect(planRound(3, 0).faults).toEqual([]);
    expect(planRound(3, 0).requests.length).toBeGreaterThan(5);
  });

  test("has each kind of fault once before any comes again", () => {
    const names = rounds(11, 80).flatMap(({ faults }) => faults.map((fault) => fault.name));
    const first = names.slice(0, faultKinds.length);
    expect([...first].sort()).toEqual(faultKinds.map((kind) => kind.name).sort());
    const second = names.slice(faultKinds.length, 2 * faultKinds.length);
    expect(new Set(second).size).toBe(faultKinds.length);
  });

  test("has faults that last as long as their kind says, and load until after the last of them", () => {
    for (const { faults, requests, lastsMs } of rounds(5, 40)) {
      for (const fault of faults) {
        const [low = 0, high = 0] = faultKinds.find((kind) => kind.name === fault.name)?.lastsMs ?? [];
        expect(fault.lastsMs).toBeGreaterThanOrEqual(low);
        expect(fault.lastsMs).toBeLessThanOrEqual(high);
        expect(fault.atMs + fault.lastsMs).toBeLessThan(lastsMs);
      }
      for (const request of requests) expect(people).toContain(request.person);
      expect(Math.max(...requests.map((request) => request.atMs))).toBeLessThan(lastsMs);
    }
  });

  test("keeps to the kinds that were chosen", () => {
    const names = rounds(2, 10, ["server killed"]).flatMap(({ faults }) => faults.map((fault) => fault.name));
    expect(names.length).toBeGreaterThanOrEqual(9);
    expect(new Set(names)).toEqual(new Set(["server killed"]));
  });
});
