import { describe, expect, it } from "vitest";
import { manualClock, offsetClock } from "../../../src/platform/clock.ts";
import { seededRandom, systemRandom } from "../../../src/platform/random.ts";

describe("clocks", () => {
  it("a manual clock moves only when it is told to", () => {
    const clock = manualClock("2030-01-01T00:00:00Z");
    expect(clock.now()).toEqual(new Date("2030-01-01T00:00:00Z"));
    clock.advance(1500);
    expect(clock.now()).toEqual(new Date("2030-01-01T00:00:01.500Z"));
    clock.set(new Date("2029-06-01T00:00:00Z"));
    expect(clock.now()).toEqual(new Date("2029-06-01T00:00:00Z"));
  });

  it("an offset clock follows its base by the last offset that was set", () => {
    const base = manualClock("2030-01-01T00:00:00Z");
    const clock = offsetClock(base);
    expect(clock.now()).toEqual(base.now());
    clock.setOffsetMs(-30_000);
    base.advance(60_000);
    expect(clock.now()).toEqual(new Date("2030-01-01T00:00:30Z"));
    expect(() => clock.setOffsetMs(Number.NaN)).toThrow(/finite/);
    expect(clock.offsetMs()).toBe(-30_000);
  });
});

describe.each([
  ["the system's", systemRandom, "7"],
  ["seeded", seededRandom(7), "4"],
])("%s randomness", (_, random, version) => {
  it("makes UUIDs of its version, all different", () => {
    const seen = new Set(Array.from({ length: 200 }, () => random.uuid()));
    expect(seen.size).toBe(200);
    for (const id of seen) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(id[14]).toBe(version);
    }
  });

  it("makes base32 text of the asked length that uses the whole alphabet", () => {
    expect(random.base32(15)).toMatch(/^[a-z2-7]{15}$/);
    expect(new Set(random.base32(5000)).size).toBe(32);
  });

  it("makes numbers from 0 to below 1, spread over the range", () => {
    const values = Array.from({ length: 2000 }, () => random.float());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
  });
});

it("the same seed gives the same sequence, another seed another one", () => {
  const draw = (seed: number): string => seededRandom(seed).bytes(32).toString("hex");
  expect(draw(1)).toBe(draw(1));
  expect(draw(1)).not.toBe(draw(2));
});
