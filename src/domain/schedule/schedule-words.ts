import { parseCron } from "./cron.ts";
import { maskValues } from "./cron-field.ts";

const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** A schedule's cron for people: `Mon–Fri 8:00–18:00`; the cron itself where it cannot be read. */
export function scheduleWords(cron: string): string {
  const parsed = parseCron(cron);
  if (parsed.kind === "error") return cron;
  const { hour, dayOfMonth, month, dayOfWeek } = parsed.range;
  const hours = hour.isAny ? "all day" : runsOf(maskValues(hour.mask)).map(hoursText).join(", ");
  const weekdays = dayOfWeek.isAny ? [] : [listText(mondayFirst(maskValues(dayOfWeek.mask)), weekdayName)];
  const days = dayOfMonth.isAny ? [] : [`day ${listText(maskValues(dayOfMonth.mask), String)}`];
  const months = month.isAny ? [] : [`in ${listText(maskValues(month.mask), (one) => monthNames[one - 1] ?? "")}`];
  const chosen = [...weekdays, ...days].join(" or ");
  return [...(chosen === "" ? ["every day"] : [chosen]), ...months, hours].join(" ");
}

/** Sunday is the seventh day here, so that `Mon–Sun` is one run. */
function mondayFirst(days: readonly number[]): readonly number[] {
  return days.map((day) => (day === 0 ? 7 : day)).toSorted((one, other) => one - other);
}

function weekdayName(day: number): string {
  return dayNames[day % 7] ?? "";
}

type Run = readonly [first: number, last: number];

function runsOf(values: readonly number[]): readonly Run[] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs;
}

function listText(values: readonly number[], nameOf: (value: number) => string): string {
  return runsOf(values)
    .map(([first, last]) => (first === last ? nameOf(first) : `${nameOf(first)}–${nameOf(last)}`))
    .join(", ");
}

/** An hour is in it to its end. */
function hoursText([first, last]: Run): string {
  return `${first}:00–${last + 1}:00`;
}
