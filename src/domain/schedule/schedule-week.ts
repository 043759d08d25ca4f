import { civilFromDays, dayMs, daysFromCivil, hourMs, weekdayOfDays } from "../time/civil-date.ts";
import { desiredInstances, type ScheduledPreset } from "./desired-instances.ts";
import { nextChange } from "./next-change.ts";
import { scheduleWords } from "./schedule-words.ts";
import { loadTimeZone, offsetAt, type TimeZone } from "./time-zone.ts";

export interface WeekDay {
  /** `2030-01-07`, in the zone. */
  readonly date: string;
  readonly startsAt: number;
  readonly endsAt: number;
  /** Whether the clocks change on this day: it has not 24 hours. */
  readonly isClockChange: boolean;
}

/** From `at` to the next one's, or to the end of the week, so many are wanted. */
export interface WeekStretch {
  readonly at: number;
  readonly instances: number;
  /** `schedule Mon–Fri 8:00–18:00`, or `the base count`. */
  readonly because: string;
}

export interface ScheduleWeek {
  readonly timezone: string;
  readonly days: readonly WeekDay[];
  readonly stretches: readonly WeekStretch[];
}

/** Changes within one week: one an hour, and what the clocks add. */
const stretchesMax = 200;

/** The week, from Monday to Sunday in the preset's zone, in which a day of the calendar lies. */
export function scheduleWeek(preset: ScheduledPreset, date: number): ScheduleWeek {
  const zone = zoneOf(preset);
  const monday = date - ((weekdayOfDays(date) + 6) % 7);
  const days = Array.from({ length: 7 }, (_, nth) => weekDay(zone, monday + nth));
  const from = days[0]?.startsAt ?? 0;
  const to = days.at(-1)?.endsAt ?? from;
  const stretches = [stretchAt(preset, from)];
  let change = nextChange(preset, from, to - from);
  while (change !== null && change.at < to && stretches.length < stretchesMax) {
    stretches.push(stretchAt(preset, change.at));
    change = nextChange(preset, change.at, to - change.at);
  }
  return { timezone: zone.name, days, stretches };
}

/** The day of the calendar that it is in the preset's zone, in days since 1970-01-01. */
export function dayInZone(preset: ScheduledPreset, at: number): number {
  return dayOf(zoneOf(preset), at);
}

/** The day of the calendar that it is in a zone, in days since 1970-01-01. */
export function dayOf(zone: TimeZone, at: number): number {
  return Math.floor((at + offsetAt(zone, at)) / dayMs);
}

/** A date such as `2030-01-31` in days since 1970-01-01; null where there is no such day. */
export function parseDay(text: string): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined || Number(year) < 1970) return null;
  const days = daysFromCivil({ year: Number(year), month: Number(month), dayOfMonth: Number(day) });
  return dateText(days) === text && Number(year) < 9999 ? days : null;
}

/** What `desired` is at an instant and where from, in words. */
export function stretchAt(preset: ScheduledPreset, at: number): WeekStretch {
  const { instances, source } = desiredInstances(preset, at);
  const because = source.kind === "base" ? "the base count" : `schedule ${scheduleWords(source.cron)}`;
  return { at, instances, because };
}

/** `Mon 2030-01-07 08:00`, on the wall of the preset's zone. */
export function wallText(preset: ScheduledPreset, at: number): string {
  const local = at + offsetAt(zoneOf(preset), at);
  const days = Math.floor(local / dayMs);
  const minutes = Math.floor((local - days * dayMs) / 60_000);
  const names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  return `${names[weekdayOfDays(days)] ?? ""} ${dateText(days)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function zoneOf({ timezone }: ScheduledPreset): TimeZone {
  const zone = loadTimeZone(timezone ?? "UTC") ?? loadTimeZone("UTC");
  if (zone === null) throw new Error("Intl does not know UTC.");
  return zone;
}

/** @param days since 1970-01-01 */
export function weekDay(zone: TimeZone, days: number): WeekDay {
  const startsAt = startOfDay(zone, days);
  const endsAt = startOfDay(zone, days + 1);
  return { date: dateText(days), startsAt, endsAt, isClockChange: endsAt - startsAt !== 24 * hourMs };
}

/** The first instant of a day; where the clocks leave midnight out, the one at which they do. */
function startOfDay(zone: TimeZone, days: number): number {
  const midnight = days * dayMs;
  const candidates = [offsetAt(zone, midnight - dayMs), offsetAt(zone, midnight + dayMs)]
    .map((offset) => midnight - offset)
    .toSorted((one, other) => one - other);
  return candidates.find((at) => at + offsetAt(zone, at) >= midnight) ?? midnight;
}

function dateText(days: number): string {
  const { year, month, dayOfMonth } = civilFromDays(days);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(dayOfMonth)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
