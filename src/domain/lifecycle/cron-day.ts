import { type CronField, maskHas } from "../schedule/cron-field.ts";

/** A day of the calendar on the wall, as far as a cron looks at it; `dayOfWeek` 0 = Sunday. */
export interface WallClock {
  readonly month: number;
  readonly dayOfMonth: number;
  readonly dayOfWeek: number;
}

/** Whether a cron's day fields match. With both restricted, either may (the standard cron rule). */
export function wallDayMatches(
  cron: { readonly month: CronField; readonly dayOfMonth: CronField; readonly dayOfWeek: CronField },
  clock: WallClock,
): boolean {
  if (!maskHas(cron.month.mask, clock.month)) return false;
  const isDayOfMonth = maskHas(cron.dayOfMonth.mask, clock.dayOfMonth);
  const isDayOfWeek = maskHas(cron.dayOfWeek.mask, clock.dayOfWeek);
  const areBothRestricted = !cron.dayOfMonth.isAny && !cron.dayOfWeek.isAny;
  return areBothRestricted ? isDayOfMonth || isDayOfWeek : isDayOfMonth && isDayOfWeek;
}
