import { type CronTimes, readScriptCron } from "../../contracts/script-cron.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The 29th of February may be eight years away, where a century has no leap day. */
const daysAheadMax = 8 * 366 + 1;

/** A change of the clock this close to a day may be one of its own: wider than any change is. */
const aroundDayMs = 3 * hourMs;

/** Of a date that `Date` can hold. */
const instantMsMax = 8.64e15;

/**
 * When a script is to run next, strictly after an instant; null for never, also where the text cannot be read.
 * The clock's changes: a time that a day does not have is run as much later as the clock was put forward; one that it has
 * twice, the first time alone, unless the script runs every hour.
 */
export function nextRun(cron: string, after: Date): Date | null {
  const read = readScriptCron(cron);
  if (read.kind === "fault") return null;
  if (read.cron.kind === "every") {
    const at = after.getTime() + read.cron.everyMs;
    return at <= instantMsMax ? new Date(at) : null;
  }
  const times = read.cron;
  const from = Math.floor(after.getTime() / secondMs) * secondMs + secondMs;
  const zone = zoneOf(times.zone);
  const firstDay = startOfDay(from + zone.offsetAt(from));
  for (let ahead = 0; ahead <= daysAheadMax; ahead += 1) {
    const day = firstDay + ahead * dayMs;
    if (!isDayOf(times, day)) continue;
    const at = firstOnDay(times, { day, from, zone });
    if (at !== null) return new Date(at);
  }
  return null;
}

/** What the clocks of a zone show is written as milliseconds, too, as if it were that time in UTC: its wall time. */
interface Zone {
  /** What is to be added to an instant for the wall time there. */
  offsetAt(instant: number): number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Of those that are kept; scripts of one workspace name few. */
const formatsMax = 16;

function zoneOf(said: string | null): Zone {
  const timeZone = said ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const format = formats.get(timeZone) ?? newFormat(timeZone);
  if (formats.size >= formatsMax) formats.clear();
  formats.set(timeZone, format);
  return { offsetAt: (instant) => wallTime(format, instant) - Math.floor(instant / secondMs) * secondMs };
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

function wallTime(format: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const [year, month, day, hour, minute, second] = (["year", "month", "day", "hour", "minute", "second"] as const).map(
    (type) => parts.get(type) ?? 0,
  ) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function startOfDay(wall: number): number {
  return Math.floor(wall / dayMs) * dayMs;
}

/** Where both fields for days say something, either is enough; as cron has always had it. */
function isDayOf(times: CronTimes, day: number): boolean {
  const date = new Date(day);
  if (!times.months.values.includes(date.getUTCMonth() + 1)) return false;
  const isOfMonth = times.daysOfMonth.values.includes(date.getUTCDate());
  const isOfWeek = times.daysOfWeek.values.includes(date.getUTCDay());
  const isEither = !times.daysOfMonth.isAny && !times.daysOfWeek.isAny;
  return isEither ? isOfMonth || isOfWeek : isOfMonth && isOfWeek;
}

interface Day {
  /** Its wall time at midnight. */
  readonly day: number;
  /** The first instant that counts. */
  readonly from: number;
  readonly zone: Zone;
}

/** A piece of a day in which instants and wall times go at the same pace. */
interface Stretch {
  readonly fromWall: number;
  readonly toWall: number;
  readonly offset: number;
}

function firstOnDay(times: CronTimes, { day, from, zone }: Day): number | null {
  const instants = stretchesOf(times, day, zone).flatMap(({ fromWall, toWall, offset }) => {
    const wall = firstWall(times, Math.max(fromWall, from + offset, day) - day);
    return wall === null || day + wall >= Math.min(toWall, day + dayMs) ? [] : [day + wall - offset];
  });
  return instants.length === 0 ? null : Math.min(...instants);
}

function stretchesOf(times: CronTimes, day: number, zone: Zone): readonly Stretch[] {
  const start = day - zone.offsetAt(day);
  const before = zone.offsetAt(start - aroundDayMs);
  const after = zone.offsetAt(start + dayMs + aroundDayMs);
  if (before === after) return [{ fromWall: day, toWall: day + dayMs, offset: before }];
  const changeAt = changeBetween(zone, start - aroundDayMs, start + dayMs + aroundDayMs);
  const oldEnd = changeAt + before;
  const newStart = changeAt + after;
  const isHourly = times.hours.values.length === 24;
  return [
    { fromWall: day, toWall: oldEnd, offset: before },
    // What the clock leaves out, by the old offset. Empty when it is put back.
    { fromWall: oldEnd, toWall: newStart, offset: before },
    { fromWall: isHourly ? newStart : Math.max(oldEnd, newStart), toWall: day + dayMs, offset: after },
  ];
}

/** The first instant with the new offset, to the second. */
function changeBetween(zone: Zone, fromInstant: number, toInstant: number): number {
  const old = zone.offsetAt(fromInstant);
  let last = Math.floor(fromInstant / secondMs);
  let first = Math.floor(toInstant / secondMs);
  while (first - last > 1) {
    const middle = Math.floor((first + last) / 2);
    if (zone.offsetAt(middle * secondMs) === old) last = middle;
    else first = middle;
  }
  return first * secondMs;
}

/** The first time of a day that the fields allow, at `from` or later; both in milliseconds from its midnight. */
function firstWall({ hours, minutes, seconds }: CronTimes, from: number): number | null {
  for (const hour of hours.values) {
    if ((hour + 1) * hourMs <= from) continue;
    for (const minute of minutes.values) {
      const base = hour * hourMs + minute * minuteMs;
      if (base + minuteMs <= from) continue;
      const second = seconds.values.find((each) => base + each * secondMs >= from);
      if (second !== undefined) return base + second * secondMs;
    }
  }
  return null;
}
