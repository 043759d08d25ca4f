import { describe, expect, it, test } from "vitest";
import { byAttention, type AttentionFacts } from "../../../src/domain/pool/pool-condition.ts";
import { historyPoints, historyRange, historyWidths } from "../../../src/domain/pool/pool-history.ts";
import { scheduleWeek, parseDay } from "../../../src/domain/schedule/schedule-week.ts";
import { scheduleWords } from "../../../src/domain/schedule/schedule-words.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2030, 0, 8, 12);

describe("the range of a history", () => {
  test.each([
    { asked: {}, step: 5, minutes: 1, from: now - day },
    { asked: { from: now - hour }, step: 1, minutes: 1, from: now - hour },
    { asked: { from: now - 7 * day }, step: 60, minutes: 1, from: now - 7 * day },
    { asked: { from: now - 8 * day }, step: 60, minutes: 15, from: now - 8 * day },
    { asked: { from: now - 8 * day, step: 1 as const }, step: 15, minutes: 15, from: now - 8 * day },
    { asked: { from: now - 400 * day }, step: 720, minutes: 15, from: now - 90 * day },
    { asked: { from: now - hour - 1, to: now + day }, step: 1, minutes: 1, from: now - hour - minute },
  ])("of $asked has steps of $step minutes from records by $minutes", ({ asked, step, minutes, from }) => {
    const result = historyRange(asked, now);
    expect(result).toMatchObject({ kind: "ok", range: { step, width: { minutes } } });
    if (result.kind === "ok") expect(result.range.from).toBe(Math.floor(from / (step * minute)) * step * minute);
  });

  it.each([
    { from: now, to: now },
    { from: now - hour, to: now - day },
    { from: NaN },
  ])("of %o is refused, as nothing is in it", (asked) => {
    expect(historyRange(asked, now)).toMatchObject({ kind: "error", field: "from" });
  });
});

it("a sample holds no longer than its period, and a beat before the range proves nothing in it", () => {
  const numbers = { desired: 1, ready: 1, readyFewest: 1, starting: 0, failed: 0, held: 0 };
  const from = now - 10 * minute;
  const range = { from, to: now + 10 * minute, step: 5 as const, width: historyWidths.fine };
  const points = historyPoints(range, {
    samples: [{ at: from - minute, numbers }],
    beats: [from - minute, from, from + minute, now, now + minute],
    demand: [],
  });
  // The hour ends at `now`, where another sample would have been due.
  expect(points.map(({ recordedMinutes }) => recordedMinutes)).toEqual([2, 0, 0, 0]);
  expect(points.map(({ claimed }) => claimed)).toEqual([0, null, 0, null]);
});

describe("the order of attention", () => {
  const facts = (name: string, changes: Partial<AttentionFacts> = {}): AttentionFacts => ({
    condition: "healthy",
    desired: 2,
    eligible: 2,
    missed: 0,
    name,
    ...changes,
  });

  it("is: nothing to be had, then why, then how short, then how many asked in vain, then the name", () => {
    const sorted = [
      facts("limited and dry", { condition: "limited", eligible: 0 }),
      facts("held and dry", { condition: "held", eligible: 0 }),
      facts("filling and dry", { condition: "filling", eligible: 0 }),
      facts("limited", { condition: "limited", eligible: 1 }),
      facts("held", { condition: "held", eligible: 1 }),
      facts("filling, very short", { condition: "filling", desired: 9, eligible: 1 }),
      facts("filling, asked for", { condition: "filling", eligible: 1, missed: 3 }),
      facts("filling", { condition: "filling", eligible: 1 }),
      facts("healthy"),
      facts("healthy too"),
      facts("off", { condition: "off", eligible: 0 }),
    ];
    expect(sorted.toReversed().toSorted(byAttention)).toEqual(sorted);
  });
});

describe("a schedule in words", () => {
  test.each([
    { cron: "* 8-17 * * 1-5", words: "Mon–Fri 8:00–18:00" },
    { cron: "* 8-11,14 * * 0,6", words: "Sat–Sun 8:00–12:00, 14:00–15:00" },
    { cron: "* * 1,15 * *", words: "day 1, 15 all day" },
    { cron: "* 9 * 12 *", words: "every day in Dec 9:00–10:00" },
    { cron: "nonsense", words: "nonsense" },
  ])("$cron is $words", ({ cron, words }) => {
    expect(scheduleWords(cron)).toBe(words);
  });
});

describe("the week of a schedule", () => {
  const preset = { instances: 1, timezone: "Europe/Berlin", schedules: [{ cron: "* 2 * * 0", instances: 5 }] };
  const weekOf = (date: string, timezone = preset.timezone) =>
    scheduleWeek({ ...preset, timezone }, parseDay(date) ?? NaN);

  it("has a Sunday of 23 hours, without the hour that the clocks leave out", () => {
    const { days, stretches } = weekOf("2030-03-31");
    expect(days.map(({ date }) => date)[0]).toBe("2030-03-25");
    expect(days.map(({ isClockChange }) => isClockChange)).toEqual([...Array(6).fill(false), true]);
    expect(stretches.map(({ instances }) => instances)).toEqual([1]);
  });

  it("has a Sunday of 25 hours, with the hour that comes twice", () => {
    const { days, stretches } = weekOf("2030-10-21");
    const sunday = days.at(-1);
    expect((sunday?.endsAt ?? 0) - (sunday?.startsAt ?? 0)).toBe(25 * hour);
    expect(stretches.map(({ at, instances }) => [new Date(at).toISOString(), instances])).toEqual([
      ["2030-10-20T22:00:00.000Z", 1],
      ["2030-10-27T00:00:00.000Z", 5],
      ["2030-10-27T02:00:00.000Z", 1],
    ]);
  });

  it("begins where the clocks leave midnight out at the first instant that there is", () => {
    const { days } = weekOf("2024-03-31", "Asia/Beirut");
    const sunday = days.at(-1);
    expect(new Date(sunday?.startsAt ?? 0).toISOString()).toBe("2024-03-30T22:00:00.000Z");
    expect((sunday?.endsAt ?? 0) - (sunday?.startsAt ?? 0)).toBe(23 * hour);
  });

  it.each(["2030-02-30", "2030-13-01", "1969-12-31", "9999-01-01", "20300101"])("knows no day %s", (text) => {
    expect(parseDay(text)).toBeNull();
  });
});
