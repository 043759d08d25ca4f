import {
  type CronError,
  type CronField,
  cronFieldNames,
  type FieldBounds,
  formatCronField,
  maskHas,
  maskValues,
  parseCronField,
} from "./cron-field.ts";

/** A cron read as a continuous range of time: it contains every instant whose wall clock fits. */
export interface CronRange {
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
}

/** A day of the calendar on the wall, as far as a cron looks at it; `dayOfWeek` 0 = Sunday. */
export interface WallDay {
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfWeek: number;
}

/** What a clock on the wall shows, as far as schedules look at it. */
export interface WallClock extends WallDay {
  readonly hour: number;
}

export type CronResult =
  | { readonly kind: "ok"; readonly range: CronRange }
  | { readonly kind: "error"; readonly error: CronError };

/** Longest accepted text. Every value of every field written out is shorter than this. */
export const cronCharsMax = 256;
/** How many parsed texts are remembered; a deployment has a handful of different ones. */
const parsedCronsMax = 2_000;

const bounds = {
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12 },
  dayOfWeek: { min: 0, max: 6 },
} as const satisfies Record<string, FieldBounds>;

// Thousands of presets share a few texts and every cycle reads all of them: remembering the
// outcome is invisible to callers, because it depends on the text alone.
const parsedCrons = new Map<string, CronResult>();

/** Parses `* HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK` (spec §1.1). Never throws; the first bad field is the error. */
export function parseCron(text: string): CronResult {
  const known = parsedCrons.get(text);
  if (known !== undefined) return known;
  const result = parseUncached(text);
  if (parsedCrons.size >= parsedCronsMax) parsedCrons.clear();
  parsedCrons.set(text, result);
  return result;
}

/** The canonical text of a range; parsing it gives the range back. */
export function formatCron(range: CronRange): string {
  return ["*", ...[range.hour, range.dayOfMonth, range.month, range.dayOfWeek].map(formatCronField)].join(" ");
}

/** Whether the range contains a moment of this wall clock. */
export function cronContains(range: CronRange, clock: WallClock): boolean {
  return maskHas(range.hour.mask, clock.hour) && cronDayMatches(range, clock);
}

/** Whether a cron's month and day fields match. With both day fields restricted, either may (the standard cron rule). */
export function cronDayMatches(cron: Omit<CronRange, "hour">, day: WallDay): boolean {
  if (!maskHas(cron.month.mask, day.month)) return false;
  const isDayOfMonth = maskHas(cron.dayOfMonth.mask, day.dayOfMonth);
  const isDayOfWeek = maskHas(cron.dayOfWeek.mask, day.dayOfWeek);
  const areBothRestricted = !cron.dayOfMonth.isAny && !cron.dayOfWeek.isAny;
  return areBothRestricted ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
}

function parseUncached(text: string): CronResult {
  if (text.length > cronCharsMax) {
    return fail(
      "cron",
      `${text.slice(0, 40)}…`,
      `it has ${text.length} characters; at most ${cronCharsMax} are allowed`,
    );
  }
  const variable = variableOf(text);
  if (variable !== null) return fail("cron", text, noVariable(variable, "write the zone into `timezone`"));
  const fields = text.trim().split(/\s+/);
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = fields;
  if (fields.length !== cronFieldNames.length) {
    const count = text.trim() === "" ? 0 : fields.length;
    return fail("cron", text, `it has ${count} fields; write five: * HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK`);
  }
  if (minute !== "*")
    return fail("minute", minute, "the minute must be *, because a schedule is a range of whole hours");

  const hours = parseCronField(hour, bounds.hour);
  if (hours.kind === "error") return fail("hour", hour, hours.reason);
  const daysOfMonth = parseCronField(dayOfMonth, bounds.dayOfMonth);
  if (daysOfMonth.kind === "error") return fail("day of month", dayOfMonth, daysOfMonth.reason);
  const months = parseCronField(month, bounds.month);
  if (months.kind === "error") return fail("month", month, months.reason);
  const daysOfWeek = parseCronField(dayOfWeek, bounds.dayOfWeek);
  if (daysOfWeek.kind === "error") return fail("day of week", dayOfWeek, daysOfWeek.reason);

  return {
    kind: "ok",
    range: {
      hour: hours.field,
      dayOfMonth: daysOfMonth.field,
      month: months.field,
      dayOfWeek: daysOfWeek.field,
    },
  };
}

/** `CRON_TZ` of `CRON_TZ=Europe/Berlin 0 9 * * 1-5`, as other programs write a time zone; null when there is none. */
export function variableOf(text: string): string | null {
  return /^\s*([A-Za-z_]+)=/.exec(text)?.[1] ?? null;
}

export function noVariable(variable: string, instead: string): string {
  return `it begins with ${variable}=, which is not known here; ${instead}`;
}

/** Days of each month at most; 29 February comes. */
const monthDaysMax = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Why a cron would never come, null when it does: no year has a 30 February. A day of the week, where one is asked for,
 * always comes. For whoever publishes or sets it: what is stored already stays what it was, a cron that fits no day.
 */
export function neverComes({ dayOfMonth, month, dayOfWeek }: Omit<CronRange, "hour">): string | null {
  if (!dayOfWeek.isAny && !dayOfMonth.isAny) return null;
  const days = maskValues(dayOfMonth.mask);
  const isAnyDay = maskValues(month.mask).some((one) => days.some((day) => day <= (monthDaysMax[one - 1] ?? 0)));
  if (isAnyDay) return null;
  return `no month of "${formatCronField(month)}" has a day "${formatCronField(dayOfMonth)}", so it would never come`;
}

function fail(field: CronError["field"], value: string, reason: string): CronResult {
  return { kind: "error", error: { field, value, reason } };
}
