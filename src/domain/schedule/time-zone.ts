import { civilFromDays, dayMs, daysFromCivil, hourMs, secondMs, weekdayOfDays } from "../time/civil-date.ts";
import type { WallClock } from "./cron.ts";

/** A time zone that Intl knows. Opaque: made by {@link loadTimeZone} only. */
export interface TimeZone {
  readonly name: string;
  readonly formatter: Intl.DateTimeFormat;
  /** Whole second → offset, filled as needed; see {@link offsetAt}. */
  readonly offsets: Map<number, number>;
}

/** First and last instant that schedules can be evaluated at: the years 1 to 9999, less a day at each end. */
export const instantMin = daysFromCivil({ year: 1, month: 1, dayOfMonth: 2 }) * dayMs;
export const instantMax = daysFromCivil({ year: 9999, month: 12, dayOfMonth: 31 }) * dayMs;

/** How many zone names are remembered; IANA has about 600. */
const timeZonesMax = 1_000;
/** How many offsets a zone remembers: a year's starts of days, and as many others. */
const offsetsPerZoneMax = 800;

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
  const daySeconds = dayMs / secondMs;
  const dayStart = Math.floor(at / dayMs) * daySeconds;
  const before = rememberedOffset(zone, dayStart);
  if (before === rememberedOffset(zone, dayStart + daySeconds)) return before;
  return rememberedOffset(zone, Math.floor(at / secondMs));
}

function rememberedOffset(zone: TimeZone, second: number): number {
  const known = zone.offsets.get(second);
  if (known !== undefined) return known;
  const offset = exactOffset(zone, second * secondMs);
  if (zone.offsets.size >= offsetsPerZoneMax) zone.offsets.clear();
  zone.offsets.set(second, offset);
  return offset;
}

function exactOffset(zone: TimeZone, at: number): number {
  const parts = new Map<string, number>();
  for (const part of zone.formatter.formatToParts(at)) parts.set(part.type, Number(part.value));
  const read = (name: string): number => parts.get(name) ?? 0;
  const days = daysFromCivil({ year: read("year"), month: read("month"), dayOfMonth: read("day") });
  const seconds = read("hour") * 3_600 + read("minute") * 60 + read("second");
  return days * dayMs + seconds * secondMs - at;
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
    return { name, formatter, offsets: new Map() };
  } catch {
    // Intl says "unknown zone" with a RangeError and in no other way.
    return null;
  }
}
