import { describe, expect, test } from "vitest";
import type { ScheduleDefinition } from "../../../src/contracts/preset-definition.ts";
import { desiredInstances } from "../../../src/domain/schedule/desired-instances.ts";
import { nextChange } from "../../../src/domain/schedule/next-change.ts";
import { describeScheduleError } from "../../../src/domain/schedule/schedule-error.ts";
import { hourMs, minuteMs } from "./pool-factory.ts";

const monday = (hour: number, minute = 0, second = 0) => Date.UTC(2025, 5, 2, hour, minute, second);
const scheduled = (timezone: string | null, ...schedules: [string, number][]) => ({
  instances: 1,
  timezone,
  schedules: schedules.map(([cron, instances]): ScheduleDefinition => ({ cron, instances })),
});

const one = scheduled("UTC", ["* 2-4 * * 1-5", 2], ["* 6-8 * * 1-5", 3]);
const two = scheduled("UTC", ["* 10-12 * * 1-5", 4], ["* 14-16 * * 1-5", 5]);
const work = scheduled("UTC", ["* 9-18 * * 1-5", 3]);
const angeles = scheduled("America/Los_Angeles", ["* 9-13 * * 1-5", 3]);

describe("desired instances", () => {
  test.each([
    [48, 1, 1, 1],
    [49, 3, 2, 1],
    [50, 7, 3, 1],
    [51, 11, 1, 4],
    [52, 15, 1, 5],
  ])("B%i at %i:00 the two presets want %i and %i", (_case, hour, first, second) => {
    expect(desiredInstances(one, monday(hour)).instances).toBe(first);
    expect(desiredInstances(two, monday(hour)).instances).toBe(second);
  });

  test.each([
    ["B53 a second before it begins", work, monday(8, 59, 59), 1],
    ["B54 as it begins", work, monday(9), 3],
    ["B55 in its last second", work, monday(18, 59, 59), 3],
    ["B55 in its last microsecond", work, monday(19) - 0.001, 3],
    ["B56 as it ends", work, monday(19), 1],
    ["B57 on Saturday", work, Date.UTC(2025, 5, 7, 14), 1],
    ["B58 a second before it begins in Los Angeles", angeles, monday(15, 59, 59), 1],
    ["B59 as it begins in Los Angeles", angeles, monday(16), 3],
    ["B60 as it ends in Los Angeles", angeles, monday(21), 1],
  ])("%s", (_name, preset, at, instances) => {
    expect(desiredInstances(preset, at).instances).toBe(instances);
  });

  test("the source names the schedule, or the base", () => {
    expect(desiredInstances(one, monday(7)).source).toEqual({ kind: "schedule", index: 1, cron: "* 6-8 * * 1-5" });
    expect(desiredInstances(one, monday(1)).source).toEqual({ kind: "base" });
  });

  test("with both day fields restricted either may match", () => {
    const either = scheduled("UTC", ["* * 15 * 1", 3]);
    expect(desiredInstances(either, Date.UTC(2025, 5, 15, 12)).instances).toBe(3);
    expect(desiredInstances(either, Date.UTC(2025, 5, 16, 12)).instances).toBe(3);
    expect(desiredInstances(either, Date.UTC(2025, 5, 17, 12)).instances).toBe(1);
  });

  test.each([
    ["an empty timezone", scheduled("", ["* * * * *", 3]), "timezone"],
    ["a missing timezone", scheduled(null, ["* * * * *", 3]), "timezone"],
    ["an unknown timezone", scheduled("Mars/Olympus", ["* * * * *", 3]), "timezone"],
    ["an offset in place of a timezone", scheduled("+02:00", ["* * * * *", 3]), "timezone"],
    ["overlapping schedules", scheduled("UTC", ["* * * * *", 3], ["* 1 * * *", 4]), "overlap"],
    ["an unparsable schedule", scheduled("UTC", ["often", 3]), "cron"],
  ])("B62 %s gives the base and an error, the same at every instant", (_name, preset, kind) => {
    const first = desiredInstances(preset, monday(1));
    expect(first).toMatchObject({ instances: 1, source: { kind: "base" }, error: { kind } });
    expect(desiredInstances(preset, monday(2)).error).toEqual(first.error);
    expect(first.error && describeScheduleError(first.error)).toMatch(/timezone|overlap|fields/);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e18])("the instant %d gives the base and an error", (at) => {
    expect(desiredInstances(work, at)).toMatchObject({ instances: 1, error: { kind: "instant" } });
  });

  test("a preset without an instance count wants none, whatever its schedules say", () => {
    expect(desiredInstances({ ...work, instances: null }, monday(12)).instances).toBe(0);
  });
});

describe("B61 daylight saving", () => {
  /** The spans of `[from, to)` in which more than the base is wanted, sampled every quarter of an hour. */
  function spans(preset: ReturnType<typeof scheduled>, from: number, to: number): [string, string][] {
    const found: [string, string][] = [];
    for (let at = from; at < to; at += 15 * minuteMs) {
      if (desiredInstances(preset, at).instances === 1) continue;
      const last = found.at(-1);
      const next = new Date(at + 15 * minuteMs).toISOString();
      if (last?.[1] === new Date(at).toISOString()) last[1] = next;
      else found.push([new Date(at).toISOString(), next]);
    }
    return found;
  }
  const day = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date);
  const berlin = scheduled("Europe/Berlin", ["* 1-3 * * *", 3]);

  test("on the day the clocks go forward the range is an hour shorter and has no gap", () => {
    expect(spans(berlin, day(2025, 3, 29) + 12 * hourMs, day(2025, 3, 30) + 12 * hourMs)).toEqual([
      ["2025-03-30T00:00:00.000Z", "2025-03-30T02:00:00.000Z"],
    ]);
  });

  test("on the day the clocks go back the range is an hour longer and is one range", () => {
    expect(spans(berlin, day(2025, 10, 25) + 12 * hourMs, day(2025, 10, 26) + 12 * hourMs)).toEqual([
      ["2025-10-25T23:00:00.000Z", "2025-10-26T03:00:00.000Z"],
    ]);
  });

  test("an hour that the clocks skip never comes, and one that they repeat comes twice", () => {
    const two = scheduled("Europe/Berlin", ["* 2 * * *", 3]);
    expect(spans(two, day(2025, 3, 29) + 12 * hourMs, day(2025, 3, 30) + 12 * hourMs)).toEqual([]);
    expect(spans(two, day(2025, 10, 25) + 12 * hourMs, day(2025, 10, 26) + 12 * hourMs)).toEqual([
      ["2025-10-26T00:00:00.000Z", "2025-10-26T02:00:00.000Z"],
    ]);
  });

  test("a working day begins at the same wall clock before and after the change", () => {
    const office = scheduled("America/New_York", ["* 9-16 * * 1-5", 3]);
    const starts = [nextChange(office, day(2025, 3, 7)), nextChange(office, day(2025, 3, 10))];
    expect(starts.map((change) => change && new Date(change.at).toISOString())).toEqual([
      "2025-03-07T14:00:00.000Z",
      "2025-03-10T13:00:00.000Z",
    ]);
  });

  test("a zone that changes by half an hour follows its wall clock", () => {
    const island = scheduled("Australia/Lord_Howe", ["* 2 * * *", 3]);
    // On 6 April 2025 at 02:00 (+11:00) the clocks there go back to 01:30 (+10:30).
    expect(spans(island, day(2025, 4, 5) + 10 * hourMs, day(2025, 4, 5) + 20 * hourMs)).toEqual([
      ["2025-04-05T15:30:00.000Z", "2025-04-05T16:30:00.000Z"],
    ]);
  });
});

describe("next change", () => {
  test("it is the start of the range, then its end", () => {
    expect(nextChange(work, monday(3))).toEqual({ at: monday(9), instances: 3 });
    expect(nextChange(work, monday(9))).toEqual({ at: monday(19), instances: 1 });
    expect(nextChange(work, Date.UTC(2025, 5, 6, 20))).toEqual({ at: Date.UTC(2025, 5, 9, 9), instances: 3 });
  });

  test("it is found in a zone whose hours begin at half past", () => {
    const kolkata = scheduled("Asia/Kolkata", ["* 9 * * *", 3]);
    expect(nextChange(kolkata, monday(0))).toEqual({ at: monday(3, 30), instances: 3 });
  });

  test("a change of the clocks by half an hour is found", () => {
    // On 6 April 2025 at 02:00 (+11:00) they go back to 01:30 (+10:30), so that hour 1 lasts half an hour longer.
    const back = scheduled("Australia/Lord_Howe", ["* 1 * * *", 3]);
    expect(nextChange(back, Date.UTC(2025, 3, 5, 14, 30))).toEqual({ at: Date.UTC(2025, 3, 5, 15, 30), instances: 1 });
    // On 5 October 2025 at 02:00 (+10:30) they go forward to 02:30 (+11:00).
    const forward = scheduled("Australia/Lord_Howe", ["* 2 5 10 *", 3]);
    expect(nextChange(forward, Date.UTC(2025, 9, 4, 15))).toEqual({ at: Date.UTC(2025, 9, 4, 15, 30), instances: 3 });
    expect(nextChange(forward, Date.UTC(2025, 9, 4, 15, 30))).toEqual({ at: Date.UTC(2025, 9, 4, 16), instances: 1 });
  });

  test("a change of the clocks in the middle of an hour is found to the second", () => {
    // On 14 March 2010 at 00:01 (-03:30) they went forward to 01:01 (-02:30).
    const early = scheduled("America/St_Johns", ["* 1 * * *", 3]);
    expect(nextChange(early, Date.UTC(2010, 2, 14, 3, 10, 0) + 0.5)).toEqual({
      at: Date.UTC(2010, 2, 14, 3, 31),
      instances: 3,
    });
  });

  test("a schedule that wants the base count is no change", () => {
    expect(nextChange(scheduled("UTC", ["* 9 * * *", 1]), monday(3))).toBeNull();
  });

  test("nothing is found beyond the horizon, without schedules, or in schedules that cannot be used", () => {
    expect(nextChange(work, monday(3), 5 * hourMs)).toBeNull();
    expect(nextChange(work, monday(3), 6 * hourMs)).not.toBeNull();
    expect(nextChange(scheduled("UTC"), monday(3))).toBeNull();
    expect(nextChange(scheduled("Nowhere", ["* 9 * * *", 3]), monday(3))).toBeNull();
    expect(nextChange(work, Number.NaN)).toBeNull();
  });
});
