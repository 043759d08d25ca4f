import { autostartLengthMax } from "../../contracts/limits.ts";
import { cronDayMatches, noVariable, variableOf, type WallDay } from "../schedule/cron.ts";
import { type CronField, parseCronField } from "../schedule/cron-field.ts";
import { loadTimeZone, offsetAt, type TimeZone } from "../schedule/time-zone.ts";
import { civilFromDays, dayMs, hourMs, minuteMs, weekdayOfDays } from "../time/civil-date.ts";

/** When a workspace is started by itself: a cron of moments, in a time zone. */
export interface Autostart {
  readonly minutes: readonly number[];
  readonly hours: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
  readonly zone: TimeZone;
}

export type AutostartResult =
  | { readonly kind: "ok"; readonly autostart: Autostart }
  | { readonly kind: "error"; readonly reason: string };

/** Days looked at for the next moment: 29 February comes within eight years. */
const daysAheadMax = 8 * 366;
/** How many parsed texts are remembered. */
const parsedMax = 2_000;
const parsed = new Map<string, AutostartResult>();
const shape = "MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK [TIME ZONE], for example 0 9 * * 1-5 Europe/Berlin";

/** Parses `MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK [TIME ZONE]`; UTC without a zone. Never throws. */
export function parseAutostart(text: string): AutostartResult {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const result = parseUncached(text);
  if (parsed.size >= parsedMax) parsed.clear();
  parsed.set(text, result);
  return result;
}

/**
 * The first moment after `after` (milliseconds) at which it fires, null when there is none within eight years.
 * `allowedDays` are days of the week, 0 = Sunday, of the schedule's own time zone.
 */
export function nextFiring(autostart: Autostart, after: number, allowedDays: readonly number[]): number | null {
  const today = Math.floor((after + offsetAt(autostart.zone, after)) / dayMs);
  for (let day = today - 1; day <= today + daysAheadMax; day += 1) {
    const found = firingsOfDay(autostart, day, allowedDays).find((at) => at > after);
    if (found !== undefined) return found;
  }
  return null;
}

/** The last moment at or before `at`, and after `since`, at which it fired; null when there is none. */
export function lastFiring(
  autostart: Autostart,
  window: { readonly since: number; readonly at: number },
  allowedDays: readonly number[],
): number | null {
  const { since, at } = window;
  const first = Math.floor((since + offsetAt(autostart.zone, since)) / dayMs) - 1;
  const last = Math.floor((at + offsetAt(autostart.zone, at)) / dayMs) + 1;
  for (let day = last; day >= first; day -= 1) {
    const found = firingsOfDay(autostart, day, allowedDays).findLast((moment) => moment <= at);
    if (found !== undefined) return found > since ? found : null;
  }
  return null;
}

/** The moments of one day on the wall's calendar, ascending. */
function firingsOfDay(autostart: Autostart, day: number, allowedDays: readonly number[]): readonly number[] {
  const clock: WallDay = { ...civilFromDays(day), dayOfWeek: weekdayOfDays(day) };
  if (!allowedDays.includes(clock.dayOfWeek) || !cronDayMatches(autostart, clock)) return [];
  const moments: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    if ((autostart.hours.mask & (1 << hour)) === 0) continue;
    for (const minute of autostart.minutes) {
      moments.push(instantOf(autostart.zone, day * dayMs + hour * hourMs + minute * minuteMs));
    }
  }
  return moments.sort((one, other) => one - other);
}

/**
 * The instant at which the wall clock shows `local`. A time that comes twice counts when it comes first; one that the
 * clocks skip counts as much later as they skip: 2:30 is then 3:30.
 */
function instantOf(zone: TimeZone, local: number): number {
  const before = offsetAt(zone, local - dayMs);
  const after = offsetAt(zone, local + dayMs);
  const early = local - Math.max(before, after);
  const late = local - Math.min(before, after);
  return early + offsetAt(zone, early) === local ? early : late;
}

function parseUncached(text: string): AutostartResult {
  if (text.length > autostartLengthMax)
    return { kind: "error", reason: `it is longer than ${autostartLengthMax} characters` };
  const variable = variableOf(text);
  if (variable !== null) {
    const instead = `write the zone behind the five fields: ${shape}`;
    return { kind: "error", reason: noVariable(variable, instead) };
  }
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = "", zoneName = "UTC", ...rest] = text
    .trim()
    .split(/\s+/);
  if (dayOfWeek === "" || rest.length > 0) return { kind: "error", reason: `write ${shape}` };
  const zone = loadTimeZone(zoneName);
  if (zone === null)
    return { kind: "error", reason: `the time zone "${zoneName}" is unknown; give one such as Europe/Berlin` };
  const minutes = parseMinutes(minute);
  if (minutes === null) {
    return { kind: "error", reason: `minute "${minute}": use numbers and ranges from 0 to 59` };
  }
  const fields: CronField[] = [];
  for (const [name, value, min, max] of [
    ["hour", hour, 0, 23],
    ["day of month", dayOfMonth, 1, 31],
    ["month", month, 1, 12],
    ["day of week", dayOfWeek, 0, 6],
  ] as const) {
    const result = parseCronField(value, { min, max });
    if (result.kind === "error") return { kind: "error", reason: `${name} "${value}": ${result.reason}` };
    fields.push(result.field);
  }
  const [hours, days, months, weekdays] = fields as [CronField, CronField, CronField, CronField];
  return { kind: "ok", autostart: { minutes, hours, dayOfMonth: days, month: months, dayOfWeek: weekdays, zone } };
}

/** The minutes of a field, which has more values than a mask has bits. Null: not a field, or every minute. */
function parseMinutes(text: string): readonly number[] | null {
  const minutes = new Set<number>();
  for (const item of text.split(",")) {
    const [, from, to = from] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(item) ?? [];
    if (from === undefined || Number(to) > 59 || Number(from) > Number(to)) return null;
    for (let minute = Number(from); minute <= Number(to); minute += 1) minutes.add(minute);
  }
  return [...minutes].sort((one, other) => one - other);
}
