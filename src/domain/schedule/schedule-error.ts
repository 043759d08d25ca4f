import { poolInstancesMax } from "../../contracts/limits.ts";
import type { CronError } from "./cron-field.ts";

/** A schedule of a set, by its place and text. */
export interface ScheduleRef {
  readonly index: number;
  readonly cron: string;
}

/** Why a preset's schedules cannot be used. The first problem found, in the order of `kind` below. */
export type ScheduleError =
  | { readonly kind: "timezone"; readonly timezone: string }
  | { readonly kind: "too_many"; readonly count: number; readonly max: number }
  | { readonly kind: "cron"; readonly schedule: ScheduleRef; readonly error: CronError }
  | { readonly kind: "instances"; readonly schedule: ScheduleRef; readonly value: number }
  | { readonly kind: "overlap"; readonly first: ScheduleRef; readonly second: ScheduleRef }
  | { readonly kind: "instant"; readonly at: number };

/** The error as a sentence without its full stop. The same problem always gives the same text. */
export function describeScheduleError(error: ScheduleError): string {
  switch (error.kind) {
    case "timezone":
      return error.timezone === ""
        ? "the timezone is empty; give an IANA name such as Europe/Berlin"
        : `the timezone "${error.timezone}" is unknown; give an IANA name such as Europe/Berlin`;
    case "too_many":
      return `there are ${error.count} schedules; at most ${error.max} are allowed`;
    case "cron":
      return `schedule[${error.schedule.index}] "${error.schedule.cron}": ${error.error.field} "${error.error.value}": ${error.error.reason}`;
    case "instances":
      return `schedule[${error.schedule.index}] "${error.schedule.cron}": instances is ${error.value}; give a whole number from 0 to ${poolInstancesMax}`;
    case "overlap":
      return `schedule[${error.first.index}] "${error.first.cron}" and schedule[${error.second.index}] "${error.second.cron}" overlap; change one so that no hour is in both`;
    case "instant":
      return `schedules cannot be evaluated at the instant ${error.at}`;
  }
}
