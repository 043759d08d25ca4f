import type { CronRange } from "./cron.ts";

/**
 * Whether two schedules of one preset overlap (spec §1.1): their months AND days AND hours do.
 *
 * The rule for days is the specification's, and coarser than a calendar: "the 1st or a Monday" and
 * "the 2nd or a Tuesday" pass although a 2nd may be a Monday. Then the first schedule wins, so the
 * outcome is still defined. It errs the other way for days that never come, such as 30 February.
 */
export function cronsOverlap(one: CronRange, other: CronRange): boolean {
  return (
    (one.month.mask & other.month.mask) !== 0 && (one.hour.mask & other.hour.mask) !== 0 && daysOverlap(one, other)
  );
}

function daysOverlap(one: CronRange, other: CronRange): boolean {
  const byDayOfWeek = (one.dayOfWeek.mask & other.dayOfWeek.mask) !== 0;
  const byDayOfMonth = (one.dayOfMonth.mask & other.dayOfMonth.mask) !== 0;
  if (one.dayOfMonth.isAny || other.dayOfMonth.isAny) return byDayOfWeek;
  if (one.dayOfWeek.isAny || other.dayOfWeek.isAny) return byDayOfMonth;
  return byDayOfWeek || byDayOfMonth;
}
