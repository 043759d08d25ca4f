import { describe, expect, test } from "vitest";
import { parseCron } from "../../../src/domain/schedule/cron.ts";
import { maskValues, parseCronField } from "../../../src/domain/schedule/cron-field.ts";
import { describeScheduleError } from "../../../src/domain/schedule/schedule-error.ts";
import { prepareSchedules } from "../../../src/domain/schedule/schedule-set.ts";

describe("fields", () => {
  test.each([
    ["C63 * means all", "*", 0, 5, [0, 1, 2, 3, 4, 5]],
    ["C64 one number", "3", 0, 5, [3]],
    ["C65 numbers and ranges", "1-3,5,7-9", 0, 9, [1, 2, 3, 5, 7, 8, 9]],
    ["the highest bit", "31", 1, 31, [31]],
    ["a range of one", "4-4", 0, 5, [4]],
  ])("%s", (_name, text, min, max, values) => {
    const parsed = parseCronField(text, { min, max });
    expect(parsed.kind === "ok" && maskValues(parsed.field.mask)).toEqual(values);
  });

  test.each([
    ["C66", "6", "6 is outside 0-5"],
    ["C67", "3-1", "the range 3-1 ends before it begins"],
    ["C68", "abc", "is not a number"],
    ["C69", "-1", "is not a number"],
    ["C70", "1-", "is not a number"],
    ["an empty item", "1,,2", "is not a number"],
    ["a step", "*/2", "is not a number"],
    ["two dashes", "1-2-3", "is not a number"],
    ["a fraction", "1.5", "is not a number"],
    ["a star in a list", "*,1", "is not a number"],
  ])("%s: %s is refused", (_name, text, reason) => {
    expect(parseCronField(text, { min: 0, max: 5 })).toMatchObject({
      kind: "error",
      reason: expect.stringContaining(reason),
    });
  });
});

describe("crons", () => {
  test.each([
    ["C71", "* 23 * * *", "* 24 * * *", "hour", "24"],
    ["C72", "* * * 12 *", "* * * 13 *", "month", "13"],
    ["C73", "* * 31 * *", "* * 32 * *", "day of month", "32"],
    ["C74", "* * * * 6", "* * * * 7", "day of week", "7"],
    ["the lowest day of month", "* * 1 * *", "* * 0 * *", "day of month", "0"],
    ["the lowest month", "* * * 1 *", "* * * 0 *", "month", "0"],
    ["a name", "* * * * 1", "* * * * MON", "day of week", "MON"],
  ])("%s: %s is accepted and %s is refused for its field", (_name, good, bad, field, value) => {
    expect(parseCron(good).kind).toBe("ok");
    expect(parseCron(bad)).toMatchObject({ kind: "error", error: { field, value } });
  });

  test.each([
    ["C82", "* * * *", "cron", "4 fields"],
    ["C82", "* * * * * *", "cron", "6 fields"],
    ["C82", "", "cron", "0 fields"],
    ["C83", "0 * * * *", "minute", "must be *"],
    ["C83", "0-59 * * * *", "minute", "must be *"],
    ["a time zone as other programs write it", "CRON_TZ=Europe/Berlin * 9 * * 1-5", "cron", "CRON_TZ="],
    ["too long", `* ${"1,".repeat(200)}1 * * *`, "cron", "at most"],
  ])("%s: %j is refused", (_name, cron, field, reason) => {
    expect(parseCron(cron)).toMatchObject({ kind: "error", error: { field, reason: expect.stringContaining(reason) } });
  });
});

describe("overlap", () => {
  const first = (...crons: string[]) =>
    prepareSchedules(
      "UTC",
      crons.map((cron) => ({ cron, instances: 1 })),
    );
  test.each([
    ["C75 the same twice", "* 9-18 * * 1-5", "* 9-18 * * 1-5", true],
    ["C76 hours that follow each other", "* 9-12 * * *", "* 13-18 * * *", false],
    ["C77 hours that share some", "* 9-14 * * *", "* 12-18 * * *", true],
    ["C78 alternating weekdays", "* 9 * * 1,3,5", "* 9 * * 2,4,6", false],
    ["C79 weekdays that follow each other", "* 9-18 * * 1-3", "* 9-18 * * 4-5", false],
    ["C80 different days of month", "* 9 1 * *", "* 9 2 * *", false],
    ["C81 every weekday against some", "* 9 * * *", "* 9 * * 1-5", true],
    ["different months", "* 9 * 1-3 *", "* 9 * 4-6 *", false],
    ["a day of month against a weekday, which meet some day", "* 9 1 * *", "* 9 * * 1", true],
    ["both day fields restricted, weekdays shared", "* 9 1 * 1", "* 9 2 * 1", true],
    ["both day fields restricted, nothing shared", "* 9 1 * 1", "* 9 2 * 2", false],
  ])("%s: %s and %s", (_name, one, other, overlaps) => {
    expect(first(one, other).kind).toBe(overlaps ? "error" : "ok");
    expect(first(other, one).kind).toBe(overlaps ? "error" : "ok");
  });

  test("C84 of three the second and third overlap, and the error names both", () => {
    const crons = ["* 1-2 * * *", "* 9-14 * * *", "* 12-18 * * *"];
    const result = first(...crons);
    expect(result).toEqual({
      kind: "error",
      error: { kind: "overlap", first: { index: 1, cron: crons[1] }, second: { index: 2, cron: crons[2] } },
    });
    if (result.kind === "error")
      expect(describeScheduleError(result.error)).toContain('schedule[1] "* 9-14 * * *" and schedule[2]');
  });

  test("a bad field is reported before an overlap", () => {
    expect(first("* 9 * * *", "* 9 * * *", "* 99 * * *")).toMatchObject({
      error: { kind: "cron", schedule: { index: 2 } },
    });
  });

  test("more schedules than allowed are refused", () => {
    expect(first(...Array.from({ length: 65 }, () => "* 1 * * *"))).toMatchObject({ error: { kind: "too_many" } });
  });

  test("a schedule with a negative count is refused", () => {
    expect(prepareSchedules("UTC", [{ cron: "* 1 * * *", instances: -1 }])).toMatchObject({
      error: { kind: "instances" },
    });
  });
});
