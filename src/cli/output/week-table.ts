import type { ScheduleWeek } from "../../contracts/api/schedules.ts";
import type { Output } from "./output.ts";

/** Runs that are listed; `--json` has all. */
const runsShown = 14;

/** `Mon 2030-01-07 08:00`, on the wall of the zone. */
function wallText(at: string, timeZone: string): string {
  const style = { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const date = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const parts = new Intl.DateTimeFormat("en-GB", { ...style, ...date }).formatToParts(new Date(at));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("weekday")} ${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}`;
}

/** When a workspace runs in the coming week unless somebody does otherwise. */
export function renderWeek({ timezone, runs }: ScheduleWeek, output: Output): string {
  return output.table(runs.slice(0, runsShown), [
    { title: `RUNS FROM (${timezone})`, cell: ({ startsAt }) => wallText(startsAt, timezone) },
    { title: "UNTIL", cell: ({ endsAt }) => (endsAt === null ? "somebody stops it" : wallText(endsAt, timezone)) },
  ]);
}
