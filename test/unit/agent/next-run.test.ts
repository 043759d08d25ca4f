import { describe, expect, test } from "vitest";
import { nextRun } from "../../../src/agent/scripts/next-run.ts";

/** The next so many runs after an instant, as ISO instants without their milliseconds. */
function runs(cron: string, after: string, count = 1): readonly (string | null)[] {
  const found: (string | null)[] = [];
  let at: Date | null = new Date(after);
  for (let index = 0; index < count && at !== null; index += 1) {
    at = nextRun(cron, at);
    found.push(at === null ? null : at.toISOString().replace(".000Z", "Z"));
  }
  return found;
}

describe("a script's next run", () => {
  test.each([
    ["TZ=UTC 0 0 22 * * *", "2030-03-01T10:00:00Z", ["2030-03-01T22:00:00Z", "2030-03-02T22:00:00Z"]],
    ["TZ=UTC */20 * * * * *", "2030-03-01T10:00:00Z", ["2030-03-01T10:00:20Z", "2030-03-01T10:00:40Z"]],
    ["TZ=UTC */25 * * * * *", "2030-03-01T10:00:49.999Z", ["2030-03-01T10:00:50Z", "2030-03-01T10:01:00Z"]],
    ["TZ=UTC 30/15 59 23 31 12 *", "2030-12-31T23:59:30Z", ["2030-12-31T23:59:45Z", "2031-12-31T23:59:30Z"]],
    ["TZ=UTC 0 0 8,20 * JAN-FEB *", "2030-02-28T08:00:00Z", ["2030-02-28T20:00:00Z", "2031-01-01T08:00:00Z"]],
    ["TZ=UTC 0 30 9 * * MON-FRI", "2030-03-01T09:30:00Z", ["2030-03-04T09:30:00Z", "2030-03-05T09:30:00Z"]],
    ["TZ=UTC 5 4 3 2 1", "2030-03-01T00:00:00Z", ["2031-01-02T03:04:05Z", "2032-01-02T03:04:05Z"]],
  ])("of %s after %s is %j", (cron, after, expected) => {
    expect(runs(cron, after, 2)).toEqual(expected);
  });

  test.each([
    [
      "the 31st is left out in months without it",
      "TZ=UTC 0 0 0 31 * *",
      "2030-03-31T00:00:00Z",
      "2030-05-31T00:00:00Z",
    ],
    [
      "the 29th of February waits for a leap year",
      "TZ=UTC 0 0 0 29 2 *",
      "2030-03-01T00:00:00Z",
      "2032-02-29T00:00:00Z",
    ],
    ["also past a century without one", "TZ=UTC 0 0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"],
    [
      "a day of the month or one of the week is enough",
      "TZ=UTC 0 0 0 15 * SUN",
      "2030-03-11T00:00:00Z",
      "2030-03-15T00:00:00Z",
    ],
    [
      "a step of days is a day that is named",
      "TZ=UTC 0 0 0 */20 * SUN",
      "2030-03-17T00:00:00Z",
      "2030-03-21T00:00:00Z",
    ],
    ["a question mark names no day", "TZ=UTC 0 0 0 ? * SUN", "2030-03-11T00:00:00Z", "2030-03-17T00:00:00Z"],
  ])("%s", (_, cron, after, expected) => {
    expect(runs(cron, after)).toEqual([expected]);
  });

  test("of a day that no year has is never", () => {
    expect(nextRun("TZ=UTC 0 0 0 31 2 *", new Date("2030-01-01T00:00:00Z"))).toBeNull();
    expect(nextRun("now and then", new Date("2030-01-01T00:00:00Z"))).toBeNull();
    expect(nextRun("TZ=Atlantis/Harbour 0 0 0 * * *", new Date("2030-01-01T00:00:00Z"))).toBeNull();
  });

  test.each([
    ["@yearly", "2031-01-01T00:00:00Z"],
    ["@annually", "2031-01-01T00:00:00Z"],
    ["@monthly", "2030-04-01T00:00:00Z"],
    ["@weekly", "2030-03-10T00:00:00Z"],
    ["@daily", "2030-03-06T00:00:00Z"],
    ["@midnight", "2030-03-06T00:00:00Z"],
    ["@hourly", "2030-03-05T11:00:00Z"],
    ["@every 1h30m", "2030-03-05T11:45:10Z"],
    ["@every 10ms", "2030-03-05T10:15:11Z"],
  ])("may be said by the word %s", (word, expected) => {
    expect(runs(`TZ=UTC ${word}`, "2030-03-05T10:15:10Z")).toEqual([expected]);
  });
});

describe("where the clock is put forward at 2:00 to 3:00", () => {
  const after = "2030-03-30T23:00:00Z";

  test.each([
    ["a time before it is itself", "0 30 1 * * *", ["2030-03-31T00:30:00Z", "2030-03-31T23:30:00Z"]],
    ["a time that there is not comes an hour later", "0 30 2 * * *", ["2030-03-31T01:30:00Z", "2030-04-01T00:30:00Z"]],
    ["two that fall together are one", "0 30 2,3 * * *", ["2030-03-31T01:30:00Z", "2030-04-01T00:30:00Z"]],
    ["a time after it is itself", "0 0 8 * * *", ["2030-03-31T06:00:00Z", "2030-04-01T06:00:00Z"]],
    ["each hour is each hour", "0 0 * * * *", ["2030-03-31T00:00:00Z", "2030-03-31T01:00:00Z"]],
  ])("%s", (_, cron, expected) => {
    expect(runs(`CRON_TZ=Europe/Berlin ${cron}`, after, 2)).toEqual(expected);
  });
});

describe("where the clock is put back at 3:00 to 2:00", () => {
  test.each([
    ["a time that there is twice is run once", "0 30 2 * * *", ["2030-10-27T00:30:00Z", "2030-10-28T01:30:00Z"]],
    ["each half hour is each half hour", "0 */30 * * * *", ["2030-10-27T00:30:00Z", "2030-10-27T01:00:00Z"]],
    ["the day after has the new offset", "0 0 4 28 10 *", ["2030-10-28T03:00:00Z", "2031-10-28T03:00:00Z"]],
  ])("%s", (_, cron, expected) => {
    expect(runs(`CRON_TZ=Europe/Berlin ${cron}`, "2030-10-27T00:00:00Z", 2)).toEqual(expected);
  });

  test("a zone that changes at midnight has its days", () => {
    // Beirut: 2030-03-31 begins at 1:00, and 2030-10-26 has its last hour twice.
    expect(runs("TZ=Asia/Beirut 0 30 0 * * *", "2030-03-30T10:00:00Z", 2)).toEqual([
      "2030-03-30T22:30:00Z",
      "2030-03-31T21:30:00Z",
    ]);
    expect(runs("TZ=Asia/Beirut 0 30 23 * * *", "2030-10-26T10:00:00Z", 2)).toEqual([
      "2030-10-26T20:30:00Z",
      "2030-10-27T21:30:00Z",
    ]);
  });
});

test("without a zone it is the machine's own", () => {
  const next = nextRun("0 15 7 * * *", new Date(2030, 5, 1, 12));
  expect(next).toEqual(new Date(2030, 5, 2, 7, 15));
});
