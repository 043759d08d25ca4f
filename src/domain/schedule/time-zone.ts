import { civilFromDays, dayMs, daysFromCivil, hourMs, secondMs, weekdayOfDays } from "../time/civil-date.ts";
import type { WallClock } from "./cron.ts";

/** A time zone that Intl knows. Opaque: made by {@link loadTimeZone} only. */
export interface TimeZone {
  readonly name: string;
  readonly formatter: Intl.DateTimeFormat;
  /** UTC day number → offset at its start. Filled as needed; see {@link offsetAt}. */
  readonly dayOffsets: Map<number, number>;
}

/** First and last instant that schedules can be evaluated at: the years 1 to 9999, less a day at each end. */
export const instantMin = daysFromCivil({ year: 1, month: 1, dayOfMonth: 2 }) * dayMs;
export const instantMax = daysFromCivil({ year: 9999, month: 12, dayOfMonth: 31 }) * dayMs;

/** How many zone names are remembered; IANA has about 600. */
const timeZonesMax = 1_000;
/** How many day offsets a zone remembers, a little over a year. */
const dayOffsetsMax = 400;

// Making a formatter costs tens of microseconds and so does the exception for an unknown name:
// both outcomes are remembered. They depend on the name alone.
const timeZones = new Map<string, TimeZone | null>();

/** The zone of an IANA name, or null when Intl does not know it. */
export function loadTimeZone(name: string): TimeZone | null {
  const known = timeZones.get(name);
  if (known !== undefined) return known;
  const zone = makeTimeZone(name);
  if (timeZones.size >= timeZonesMax) timeZones.clear();
  timeZones.set(name, zone);
  return zone;
}

/** What the clock on the wall shows in the zone. `at` lies between {@link instantMin} and {@link instantMax}. */
export function wallClockAt(zone: TimeZone, at: number): WallClock {
  const local = at + offsetAt(zone, at);
  const days = Math.floor(local / dayMs);
  const { month, dayOfMonth } = civilFromDays(days);
  return { month, dayOfMonth, dayOfWeek: weekdayOfDays(days), hour: Math.floor((local - days * dayMs) / hourMs) };
}

/** Milliseconds to add to UTC to get the zone's wall clock. */
export function offsetAt(zone: TimeZone, at: number): number {
  // A zone changes its offset at most once in a UTC day, so two equal ends mean the same all day
  // long; Intl is asked for the instant itself only on the two days a year that differ.
  const day = Math.floor(at / dayMs);
  const before = offsetAtDayStart(zone, day);
  return before === offsetAtDayStart(zone, day + 1) ? before : exactOffset(zone, at);
}

function offsetAtDayStart(zone: TimeZone, day: number): number {
  const known = zone.dayOffsets.get(day);
  if (known !== undefined) return known;
  const offset = exactOffset(zone, day * dayMs);
  if (zone.dayOffsets.size >= dayOffsetsMax) zone.dayOffsets.clear();
  zone.dayOffsets.set(day, offset);
  return offset;
}

function exactOffset(zone: TimeZone, at: number): number {
  const wholeSecond = Math.floor(at / secondMs) * secondMs;
  const parts = new Map<string, number>();
  for (const part of zone.formatter.formatToParts(wholeSecond)) parts.set(part.type, Number(part.value));
  const read = (name: string): number => parts.get(name) ?? 0;
  const days = daysFromCivil({ year: read("year"), month: read("month"), dayOfMonth: read("day") });
  const seconds = read("hour") * 3_600 + read("minute") * 60 + read("second");
  return days * dayMs + seconds * secondMs - wholeSecond;
}

function makeTimeZone(name: string): TimeZone | null {
  // Newer engines take "+02:00" too; that is no IANA name and knows no daylight saving.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    const formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    return { name, formatter, dayOffsets: new Map() };
  } catch {
    // Intl says "unknown zone" with a RangeError and in no other way.
    return null;
  }
}
