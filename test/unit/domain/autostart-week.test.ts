import { describe, expect, test } from "vitest";
import { type LifecyclePolicy, lifecyclePolicyDefault } from "../../../src/contracts/lifecycle.ts";
import { autostartWeek, type WeekInput } from "../../../src/domain/lifecycle/autostart-week.ts";

const hourMs = 3_600_000;
/** A Wednesday. */
const now = Date.parse("2030-01-09T12:00:00Z");
const input: WeekInput = {
  autostartSchedule: "0 8 * * 1-5 Europe/Berlin",
  ttlMs: 9 * hourMs,
  policy: lifecyclePolicyDefault,
  changed: { autostart: true, ttl: true },
  current: null,
  isDormant: false,
  now,
};

const runsOf = (change: Partial<WeekInput>) =>
  autostartWeek({ ...input, ...change }).runs.map(({ startsAt, endsAt }) => [
    new Date(startsAt).toISOString().slice(0, 16),
    endsAt === null ? null : new Date(endsAt).toISOString().slice(0, 16),
  ]);

describe("the coming week of an autostart", () => {
  test("has today and six more days on the calendar of its zone, and what comes in them", () => {
    const { timezone, days, fault } = autostartWeek(input);
    expect([timezone, fault, days.map(({ date }) => date.slice(-2)).join(" ")]).toEqual([
      "Europe/Berlin",
      null,
      "09 10 11 12 13 14 15",
    ]);
    expect(days[0]?.startsAt).toBe(Date.parse("2030-01-08T23:00:00Z"));
    expect(runsOf({})).toEqual([
      ["2030-01-10T07:00", "2030-01-10T16:00"],
      ["2030-01-11T07:00", "2030-01-11T16:00"],
      ["2030-01-14T07:00", "2030-01-14T16:00"],
      ["2030-01-15T07:00", "2030-01-15T16:00"],
    ]);
  });

  test("passes over what comes while it runs", () => {
    const endsAt = now + 20 * hourMs;
    expect(runsOf({ current: { endsAt }, autostartSchedule: "0 8,9 * * 4 Europe/Berlin" })).toEqual([
      ["2030-01-09T12:00", "2030-01-10T08:00"],
    ]);
    expect(runsOf({ autostartSchedule: "0,30 * * * *", ttlMs: 40 * 60_000 }).slice(0, 3)).toEqual([
      ["2030-01-09T12:30", "2030-01-09T13:10"],
      ["2030-01-09T13:30", "2030-01-09T14:10"],
      ["2030-01-09T14:30", "2030-01-09T15:10"],
    ]);
  });

  test("begins now with a run whose deadline has passed, and has nothing that is over", () => {
    const current = { endsAt: now - 7 * hourMs };
    expect(runsOf({ current }).slice(0, 2)).toEqual([
      ["2030-01-09T12:00", "2030-01-09T12:00"],
      ["2030-01-10T07:00", "2030-01-10T16:00"],
    ]);
  });

  test("has one run where nothing ends it", () => {
    expect(runsOf({ ttlMs: null })).toEqual([["2030-01-10T07:00", null]]);
    expect(runsOf({ current: { endsAt: null } })).toEqual([["2030-01-09T12:00", null]]);
  });

  test("has nothing for one that sleeps, that is started by hand alone, or of which the template allows no day", () => {
    expect(runsOf({ isDormant: true })).toEqual([]);
    expect(runsOf({ autostartSchedule: null })).toEqual([]);
    expect(autostartWeek({ ...input, autostartSchedule: null }).timezone).toBe("UTC");
    const policy: LifecyclePolicy = { ...lifecyclePolicyDefault, autostartDays: ["thu"] };
    expect(runsOf({ policy })).toEqual([["2030-01-10T07:00", "2030-01-10T16:00"]]);
  });

  test("says why it cannot be so", () => {
    expect(autostartWeek({ ...input, autostartSchedule: "whenever" })).toMatchObject({
      runs: [],
      fault: expect.stringContaining("cannot be read"),
    });
    const policy = { ...lifecyclePolicyDefault, maxTtlMs: hourMs };
    expect(autostartWeek({ ...input, policy }).fault).toContain("at most 1 h");
  });

  test("takes what is saved as it is, where the template has become stricter since", () => {
    const policy = { ...lifecyclePolicyDefault, maxTtlMs: hourMs };
    const changed = { autostart: false, ttl: false };
    expect(autostartWeek({ ...input, policy, changed }).fault).toBeNull();
    expect(runsOf({ policy, changed })[0]).toEqual(["2030-01-10T07:00", "2030-01-10T08:00"]);
  });

  test("marks the day on which the clocks change, and keeps the time of the wall", () => {
    const { days, runs } = autostartWeek({ ...input, now: Date.parse("2030-03-29T12:00:00Z") });
    expect(days.filter(({ isClockChange }) => isClockChange).map(({ date }) => date)).toEqual(["2030-03-31"]);
    expect(new Date(runs[0]?.startsAt ?? 0).toISOString()).toBe("2030-04-01T06:00:00.000Z");
  });

  test("is bounded, whatever comes how often", () => {
    const { runs } = autostartWeek({ ...input, autostartSchedule: "0,15,30,45 * * * *", ttlMs: 60_000 });
    expect(runs.length).toBeLessThanOrEqual(700);
  });
});
