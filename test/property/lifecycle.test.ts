import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lifecyclePolicyDefault, type LifecyclePolicy, weekdays } from "../../src/contracts/lifecycle.ts";
import { isJobFinished, jobStatuses, transitions } from "../../src/contracts/states.ts";
import { lastFiring, nextFiring, parseAutostart } from "../../src/domain/lifecycle/autostart.ts";
import { bumpedDeadline, maxDeadline } from "../../src/domain/lifecycle/deadline.ts";
import { allowedDaysOf, dueAct, type LifecycleSubject, retryDelayMs } from "../../src/domain/lifecycle/due-act.ts";
import { loadTimeZone, offsetAt } from "../../src/domain/schedule/time-zone.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const everyDay = [0, 1, 2, 3, 4, 5, 6];
const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"] as const;

function autostartOf(text: string) {
  const read = parseAutostart(text);
  if (read.kind === "error") throw new Error(`${text}: ${read.reason}`);
  return read.autostart;
}

const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2034, 0, 1) });
const lengths = fc.option(fc.integer({ min: minute, max: 30 * day }));
const policies: fc.Arbitrary<LifecyclePolicy> = fc.record({
  defaultTtlMs: lengths,
  maxTtlMs: lengths,
  activityBumpMs: lengths,
  activity: fc.constantFrom("use" as const, "connected" as const),
  isAutostartAllowed: fc.boolean(),
  autostartDays: fc.subarray([...weekdays], { minLength: 1 }),
  failureTtlMs: lengths,
  dormantAfterMs: lengths,
  deleteDormantAfterMs: lengths,
});
const at = Date.UTC(2030, 0, 15);
const past = fc.integer({ min: 0, max: 60 * day }).map((ago) => at - ago);
const around = fc.integer({ min: -40 * day, max: 40 * day }).map((distance) => at + distance);
const subjects: fc.Arbitrary<LifecycleSubject> = fc.record({
  transition: fc.constantFrom(...transitions),
  status: fc.constantFrom(...jobStatuses),
  isBuildOurs: fc.boolean(),
  buildCreatedAt: past,
  buildEndedAt: fc.option(past),
  failures: fc.integer({ min: 0, max: 40 }),
  autostartSchedule: fc.option(fc.constantFrom("0 9 * * *", "30 0-23 * * 1-5 Europe/Berlin", "not a cron")),
  autostartFrom: fc.option(past),
  deadlineAt: fc.option(around),
  lastUsedAt: past,
  dormantAt: fc.option(past),
  deletingAt: fc.option(around),
});

describe("what is due", () => {
  test("nothing is done while a build is in flight", () => {
    fc.assert(
      fc.property(subjects, policies, (subject, policy) => {
        fc.pre(!isJobFinished(subject.status));
        expect(dueAct(subject, policy, at)).toBeNull();
      }),
    );
  });

  test("a stop has a deadline that has come, a failed start, or a stop of ours that failed", () => {
    fc.assert(
      fc.property(subjects, policies, (subject, policy) => {
        const act = dueAct(subject, policy, at);
        if (act?.kind !== "stop") return;
        if (act.because === "autostop") {
          expect(subject).toMatchObject({ transition: "start", status: "succeeded" });
          expect(subject.deadlineAt).toBeLessThanOrEqual(at);
        } else if (act.because === "failed_start") {
          expect(subject).toMatchObject({ transition: "start", status: "failed" });
        } else expect(subject).toMatchObject({ transition: "stop", status: "failed", isBuildOurs: true });
      }),
      { numRuns: 1_000 },
    );
  });

  test("only what is dormant and due is deleted, and only what is unused for long becomes dormant", () => {
    fc.assert(
      fc.property(subjects, policies, (subject, policy) => {
        const act = dueAct(subject, policy, at);
        if (act?.kind === "delete" && act.because === "dormant") {
          expect(subject.dormantAt).not.toBeNull();
          expect(subject.deletingAt).toBeLessThanOrEqual(at);
        }
        if (act?.kind === "dormant") {
          expect(subject.dormantAt).toBeNull();
          expect(subject.lastUsedAt + (policy.dormantAfterMs ?? Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(at);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("autostart starts only what was stopped, well, and set before its moment, is awake, and is allowed to", () => {
    fc.assert(
      fc.property(subjects, policies, (subject, policy) => {
        const act = dueAct(subject, policy, at);
        if (act?.kind !== "start") return;
        expect(subject).toMatchObject({ transition: "stop", status: "succeeded", dormantAt: null });
        expect(policy.isAutostartAllowed).toBe(true);
        const autostart = autostartOf(subject.autostartSchedule ?? "");
        const next = nextFiring(
          autostart,
          Math.max(subject.buildCreatedAt, subject.autostartFrom ?? 0),
          allowedDaysOf(policy),
        );
        expect(next).toBeLessThanOrEqual(at);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a dormant workspace that is due goes, whoever's delete has failed, unless ours waits for its next try", () => {
    fc.assert(
      fc.property(subjects, policies, (subject, policy) => {
        fc.pre(isJobFinished(subject.status));
        fc.pre(subject.dormantAt !== null && subject.deletingAt !== null && subject.deletingAt <= at);
        const isOurRetry = subject.isBuildOurs && subject.status === "failed" && subject.transition === "delete";
        if (!isOurRetry) expect(dueAct(subject, policy, at)).toMatchObject({ kind: "delete", because: "dormant" });
      }),
      { numRuns: 1_000 },
    );
  });

  const running: LifecycleSubject = {
    transition: "start",
    status: "succeeded",
    isBuildOurs: false,
    buildCreatedAt: at - 2 * hour,
    buildEndedAt: at - 2 * hour,
    failures: 0,
    autostartSchedule: null,
    autostartFrom: null,
    deadlineAt: at - hour,
    lastUsedAt: at - 2 * hour,
    dormantAt: null,
    deletingAt: null,
  };

  test("what is still on its way to being usable is not idle, however long ago its deadline was", () => {
    expect(dueAct(running, lifecyclePolicyDefault, at)).toMatchObject({ kind: "stop", because: "autostop" });
    expect(dueAct({ ...running, isBooting: true }, lifecyclePolicyDefault, at)).toBeNull();
  });

  test("a stop of ours that failed is tried again when its time has come, and not a moment before", () => {
    const stopped = { ...running, transition: "stop", status: "failed", isBuildOurs: true, failures: 3 } as const;
    const due = { ...stopped, buildEndedAt: at - retryDelayMs(3) };
    expect(dueAct(due, lifecyclePolicyDefault, at)).toMatchObject({ kind: "stop", because: "retry" });
    expect(dueAct(due, lifecyclePolicyDefault, at - 1)).toBeNull();
  });

  test("a schedule that was set, woken or allowed after its moment waits for the next one", () => {
    const stopped = { ...running, transition: "stop", deadlineAt: null, autostartSchedule: "0 9 * * * UTC" } as const;
    const nine = Date.UTC(2030, 0, 15, 9);
    const asOf = (autostartFrom: number | null) =>
      dueAct({ ...stopped, autostartFrom }, lifecyclePolicyDefault, nine + minute);
    expect(asOf(null)).toMatchObject({ kind: "start", because: "autostart" });
    expect(asOf(nine - minute)).toMatchObject({ kind: "start", because: "autostart" });
    expect(asOf(nine)).toBeNull();
    expect(asOf(nine + 1)).toBeNull();
  });

  test("a retry waits longer after each failure, and never longer than an hour", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (failures) => {
        expect(retryDelayMs(failures + 1)).toBeGreaterThanOrEqual(retryDelayMs(failures));
        expect(retryDelayMs(failures)).toBeLessThanOrEqual(hour);
        expect(retryDelayMs(failures)).toBeGreaterThanOrEqual(minute);
      }),
    );
  });
});

test("use never moves a deadline back, and never beyond the limit of the run", () => {
  fc.assert(
    fc.property(around, past, policies, (deadlineAt, startedAt, policy) => {
      const bumped = bumpedDeadline({ deadlineAt, startedAt }, policy, at);
      expect(bumped).toBeGreaterThanOrEqual(deadlineAt);
      const limit = maxDeadline(startedAt, policy) ?? Number.POSITIVE_INFINITY;
      expect(bumped).toBeLessThanOrEqual(Math.max(deadlineAt, limit));
    }),
  );
});

describe("autostart", () => {
  const fields = fc.record({
    minute: fc.integer({ min: 0, max: 59 }),
    hour: fc.integer({ min: 0, max: 23 }),
    weekday: fc.option(fc.integer({ min: 0, max: 6 })),
    zone: fc.constantFrom(...zones),
  });
  const textOf = ({
    minute: m,
    hour: h,
    weekday,
    zone,
  }: {
    minute: number;
    hour: number;
    weekday: number | null;
    zone: string;
  }) => `${m} ${h} * * ${weekday ?? "*"} ${zone}`;

  test("the next moment shows the cron's time on the wall, or as much later as the clocks skip", () => {
    fc.assert(
      fc.property(fields, instants, (cron, after) => {
        const next = nextFiring(autostartOf(textOf(cron)), after, everyDay);
        expect(next).toBeGreaterThan(after);
        const zone = loadTimeZone(cron.zone);
        if (next === null || zone === null) throw new Error("there is a next moment");
        const local = next + offsetAt(zone, next);
        const late = (local % day) - (cron.hour * hour + cron.minute * minute);
        const skipped = offsetAt(zone, next) - offsetAt(zone, next - 2 * hour);
        expect(late === 0 || late === skipped || late + day === skipped).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("the last moment at a moment is that moment, and before it the one before", () => {
    fc.assert(
      fc.property(fields, instants, (cron, after) => {
        const autostart = autostartOf(textOf(cron));
        const first = nextFiring(autostart, after, everyDay) ?? 0;
        const second = nextFiring(autostart, first, everyDay) ?? 0;
        expect(second).toBeGreaterThan(first);
        expect(lastFiring(autostart, { since: first - 1, at: first }, everyDay)).toBe(first);
        expect(lastFiring(autostart, { since: after, at: second - 1 }, everyDay)).toBe(first);
        expect(lastFiring(autostart, { since: first, at: second - 1 }, everyDay)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    [
      "30 2 * * * Europe/Berlin",
      "2030-03-31T00:00:00Z",
      "2030-03-31T01:30:00Z",
      "a time that is skipped comes an hour later",
    ],
    [
      "30 2 * * * Europe/Berlin",
      "2030-10-27T00:00:00Z",
      "2030-10-27T00:30:00Z",
      "a time that comes twice counts the first time",
    ],
    ["30 2 * * * Europe/Berlin", "2030-10-27T00:30:00Z", "2030-10-28T01:30:00Z", "and not the second time"],
    ["0 9 * * 1-5 Europe/Berlin", "2030-03-29T09:00:00Z", "2030-04-01T07:00:00Z", "nine o'clock stays nine o'clock"],
    ["0 0 29 2 * UTC", "2029-01-01T00:00:00Z", "2032-02-29T00:00:00Z", "a leap day is waited for"],
  ])("%s after %s is %s: %s", (text, after, next) => {
    expect(nextFiring(autostartOf(text), Date.parse(after), everyDay)).toBe(Date.parse(next));
  });

  test.each([
    ["0 9 * *", "write MINUTE HOUR"],
    ["* 9 * * *", 'minute "*"'],
    ["60 9 * * *", 'minute "60"'],
    ["0 24 * * *", "hour"],
    ["0 9 * * 7", "day of week"],
    ["0 9 * * mon", "day of week"],
    ["0 9 * * * Mars/Base", 'time zone "Mars/Base" is unknown'],
    ["0 9 * * * UTC too", "write MINUTE HOUR"],
  ])("%s is refused: %s", (text, reason) => {
    expect(parseAutostart(text)).toMatchObject({ kind: "error", reason: expect.stringContaining(reason) as string });
  });

  test("a day on which the template allows nothing never fires", () => {
    expect(
      nextFiring(autostartOf("0 9 * * 1"), at, allowedDaysOf({ ...lifecyclePolicyDefault, autostartDays: ["tue"] })),
    ).toBeNull();
  });
});
