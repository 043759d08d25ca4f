import { poolInstancesMax } from "../../contracts/limits.ts";
import type { ScheduleDefinition } from "../../contracts/preset-definition.ts";
import { type CronRange, parseCron, type WallClock, cronContains } from "./cron.ts";
import { cronsOverlap } from "./cron-overlap.ts";
import type { ScheduleError, ScheduleRef } from "./schedule-error.ts";
import { loadTimeZone, type TimeZone } from "./time-zone.ts";

/** The schedules of one preset, checked and ready to be evaluated, in their published order: the first that fits wins. */
export interface ScheduleSet {
  readonly zone: TimeZone;
  readonly schedules: readonly PreparedSchedule[];
}

export interface PreparedSchedule extends ScheduleRef {
  readonly range: CronRange;
  readonly instances: number;
}

export type ScheduleSetResult =
  | { readonly kind: "ok"; readonly set: ScheduleSet }
  | { readonly kind: "error"; readonly error: ScheduleError };

/** Most schedules of one preset: every pair is compared, every cycle. */
export const schedulesPerPresetMax = 64;

/** Checks a time zone and its schedules (spec §1.1). The same rules hold at the publish and at run time. */
export function prepareSchedules(timezone: string, definitions: readonly ScheduleDefinition[]): ScheduleSetResult {
  const zone = loadTimeZone(timezone);
  if (zone === null) return { kind: "error", error: { kind: "timezone", timezone } };
  if (definitions.length > schedulesPerPresetMax) {
    return { kind: "error", error: { kind: "too_many", count: definitions.length, max: schedulesPerPresetMax } };
  }
  const schedules: PreparedSchedule[] = [];
  for (const [index, { cron, instances }] of definitions.entries()) {
    const parsed = parseCron(cron);
    if (parsed.kind === "error") {
      return { kind: "error", error: { kind: "cron", schedule: { index, cron }, error: parsed.error } };
    }
    if (!isInstanceCount(instances)) {
      return { kind: "error", error: { kind: "instances", schedule: { index, cron }, value: instances } };
    }
    schedules.push({ index, cron, range: parsed.range, instances });
  }
  const overlap = firstOverlap(schedules);
  return overlap === null ? { kind: "ok", set: { zone, schedules } } : { kind: "error", error: overlap };
}

/** The first schedule that contains the wall clock's moment, or null. */
export function scheduleAt(set: ScheduleSet, clock: WallClock): PreparedSchedule | null {
  return set.schedules.find((schedule) => cronContains(schedule.range, clock)) ?? null;
}

/** Whether a number can be an instance count: whole, from 0 to `poolInstancesMax`. */
export function isInstanceCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= poolInstancesMax;
}

function firstOverlap(schedules: readonly PreparedSchedule[]): ScheduleError | null {
  for (const [place, first] of schedules.entries()) {
    for (const second of schedules.slice(place + 1)) {
      if (!cronsOverlap(first.range, second.range)) continue;
      return {
        kind: "overlap",
        first: { index: first.index, cron: first.cron },
        second: { index: second.index, cron: second.cron },
      };
    }
  }
  return null;
}
