import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cronContains, formatCron, parseCron, type WallClock } from "../../src/domain/schedule/cron.ts";
import { cronsOverlap } from "../../src/domain/schedule/cron-overlap.ts";
import { desiredInstances } from "../../src/domain/schedule/desired-instances.ts";
import { nextChange } from "../../src/domain/schedule/next-change.ts";
import { loadTimeZone, wallClockAt } from "../../src/domain/schedule/time-zone.ts";

/** A field as the list of its values, or null for `*`. Days of the month end at 28, so that every one comes. */
type Values = readonly number[] | null;
interface Fields {
  readonly hour: Values;
  readonly dayOfMonth: Values;
  readonly month: Values;
  readonly dayOfWeek: Values;
}

const valuesOf = (min: number, max: number): fc.Arbitrary<Values> =>
  fc.option(fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 6 }), { freq: 2 });
const fieldsArbitrary: fc.Arbitrary<Fields> = fc.record({
  hour: valuesOf(0, 23),
  dayOfMonth: valuesOf(1, 28),
  month: valuesOf(1, 12),
  dayOfWeek: valuesOf(0, 6),
});
const hasOneDayField = ({ dayOfMonth, dayOfWeek }: Fields) => dayOfMonth === null || dayOfWeek === null;

const textOf = ({ hour, dayOfMonth, month, dayOfWeek }: Fields) =>
  ["*", ...[hour, dayOfMonth, month, dayOfWeek].map((values) => values?.join(",") ?? "*")].join(" ");

function rangeOf(text: string) {
  const parsed = parseCron(text);
  if (parsed.kind === "error") throw new Error(`${text}: ${parsed.error.reason}`);
  return parsed.range;
}

/** The rule of the specification, evaluated on lists: written apart from the code that it checks. */
function contains(fields: Fields, clock: WallClock): boolean {
  const has = (values: Values, value: number) => values === null || values.includes(value);
  const isDay =
    fields.dayOfMonth !== null && fields.dayOfWeek !== null
      ? fields.dayOfMonth.includes(clock.dayOfMonth) || fields.dayOfWeek.includes(clock.dayOfWeek)
      : has(fields.dayOfMonth, clock.dayOfMonth) && has(fields.dayOfWeek, clock.dayOfWeek);
  return isDay && has(fields.hour, clock.hour) && has(fields.month, clock.month);
}

/** Every hour that can occur: each date of the 28 years in which every date meets every weekday. */
const allHours: readonly WallClock[] = (() => {
  const found = new Map<string, WallClock>();
  for (let at = Date.UTC(2001, 0, 1); at < Date.UTC(2029, 0, 1); at += 86_400_000) {
    const date = new Date(at);
    const day = { month: date.getUTCMonth() + 1, dayOfMonth: date.getUTCDate(), dayOfWeek: date.getUTCDay() };
    for (let hour = 0; hour < 24; hour += 1)
      found.set(`${day.month}-${day.dayOfMonth}-${day.dayOfWeek}-${hour}`, { ...day, hour });
  }
  return [...found.values()];
})();

/** A prime number apart, so that every hour, weekday and month is among them. */
const someHours = allHours.filter((_, place) => place % 97 === 0);

const instantArbitrary = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 0, 1) });
const zoneArbitrary = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));

describe("crons", () => {
  test("the text of a parsed cron parses to the same, and means what the fields mean", () => {
    fc.assert(
      fc.property(fieldsArbitrary, (fields) => {
        const range = rangeOf(textOf(fields));
        expect(rangeOf(formatCron(range))).toEqual(range);
        const wrong = someHours.find((clock) => cronContains(range, clock) !== contains(fields, clock));
        expect(wrong).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  test("no text makes the parser throw", () => {
    const piece = fc.constantFrom("*", "-", ",", " ", "0", "9", "31", "a", "/", "\n", "٣");
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (cron) => {
        expect(["ok", "error"]).toContain(parseCron(cron).kind);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("overlap", () => {
  test("it is symmetric, and a schedule overlaps itself", () => {
    fc.assert(
      fc.property(fieldsArbitrary, fieldsArbitrary, (one, other) => {
        const [first, second] = [rangeOf(textOf(one)), rangeOf(textOf(other))];
        expect(cronsOverlap(first, second)).toBe(cronsOverlap(second, first));
        expect(cronsOverlap(first, first)).toBe(true);
      }),
    );
  });

  test("with one day field restricted in each, two overlap exactly when they share an hour", () => {
    const seen = { shared: 0, apart: 0 };
    const one = fieldsArbitrary.filter(hasOneDayField);
    fc.assert(
      fc.property(one, one, (first, second) => {
        const isShared = allHours.some((clock) => contains(first, clock) && contains(second, clock));
        seen[isShared ? "shared" : "apart"] += 1;
        expect(cronsOverlap(rangeOf(textOf(first)), rangeOf(textOf(second)))).toBe(isShared);
      }),
      { numRuns: 150 },
    );
    expect(Math.min(seen.shared, seen.apart)).toBeGreaterThan(10);
  });

  test("with both restricted, two that overlap share an hour: none is refused without need", () => {
    fc.assert(
      fc.property(fieldsArbitrary, fieldsArbitrary, (first, second) => {
        if (!cronsOverlap(rangeOf(textOf(first)), rangeOf(textOf(second)))) return;
        expect(allHours.some((clock) => contains(first, clock) && contains(second, clock))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe("time zones", () => {
  test("the wall clock is the one that Intl shows, in every zone", () => {
    const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    fc.assert(
      fc.property(zoneArbitrary, instantArbitrary, (name, at) => {
        const zone = loadTimeZone(name);
        const format = new Intl.DateTimeFormat("en-US", {
          timeZone: name,
          hourCycle: "h23",
          weekday: "short",
          month: "numeric",
          day: "numeric",
          hour: "numeric",
        });
        const shown = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
        expect(zone && wallClockAt(zone, at)).toEqual({
          month: Number(shown["month"]),
          dayOfMonth: Number(shown["day"]),
          dayOfWeek: weekdays.indexOf(shown["weekday"] ?? ""),
          hour: Number(shown["hour"]),
        });
      }),
      { numRuns: 1_500 },
    );
  });

  test("so it is on the days on which the clocks change, at every quarter of an hour", () => {
    for (const name of [
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Africa/Casablanca",
      "Asia/Tehran",
      "America/St_Johns",
    ]) {
      const zone = loadTimeZone(name);
      const format = new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", hour: "numeric" });
      for (let at = Date.UTC(2025, 1, 20); at < Date.UTC(2025, 10, 10); at += 900_000) {
        if (Number(format.format(at)) !== (zone && wallClockAt(zone, at).hour)) expect.fail(`${name} at ${at}`);
      }
    }
  });
});

describe("desired instances", () => {
  const presetArbitrary = fc
    .record({ fields: fc.array(fieldsArbitrary, { maxLength: 3 }), instances: fc.nat(9), timezone: zoneArbitrary })
    .map(({ fields, instances, timezone }) => ({
      instances,
      timezone,
      schedules: fields.map((one, index) => ({ cron: textOf(one), instances: 10 + index })),
    }));

  test("they are the base, or the count of the schedule that is named", () => {
    fc.assert(
      fc.property(presetArbitrary, instantArbitrary, (preset, at) => {
        const { instances, source, error } = desiredInstances(preset, at);
        expect(instances).toBe(source.kind === "base" ? preset.instances : preset.schedules[source.index]?.instances);
        if (error !== undefined) expect(source.kind).toBe("base");
      }),
      { numRuns: 500 },
    );
  });

  test("the next change is the first minute at which another count is wanted", () => {
    const horizonMs = 3 * 86_400_000;
    let changes = 0;
    fc.assert(
      fc.property(presetArbitrary, instantArbitrary, (preset, instant) => {
        const at = Math.floor(instant / 60_000) * 60_000;
        const current = desiredInstances(preset, at).instances;
        let expected: { at: number; instances: number } | null = null;
        for (let minute = at + 60_000; minute <= at + horizonMs && expected === null; minute += 60_000) {
          const { instances } = desiredInstances(preset, minute);
          if (instances !== current) expected = { at: minute, instances };
        }
        if (expected !== null) changes += 1;
        expect(nextChange(preset, at, horizonMs)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
    expect(changes).toBeGreaterThan(5);
  });
});
