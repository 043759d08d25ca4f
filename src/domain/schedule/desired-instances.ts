import type { ScheduleDefinition } from "../../contracts/preset-definition.ts";
import type { ScheduleError } from "./schedule-error.ts";
import { prepareSchedules, type ScheduleSetResult, scheduleAt } from "./schedule-set.ts";
import { instantMax, instantMin, wallClockAt } from "./time-zone.ts";

/** What decides how many prebuilds a preset wants. `instances` null: it has no pool and wants none. */
export interface ScheduledPreset {
  readonly instances: number | null;
  readonly timezone: string | null;
  readonly schedules: readonly ScheduleDefinition[];
}

/** Where a desired count comes from. */
export type DesiredSource =
  | { readonly kind: "base" }
  | { readonly kind: "schedule"; readonly index: number; readonly cron: string };

/** `error` is set when schedules exist but cannot be used: then the base count holds, and the caller logs it. */
export interface DesiredInstances {
  readonly instances: number;
  readonly source: DesiredSource;
  readonly error?: ScheduleError;
}

/** The count wanted at `at` (milliseconds): the first schedule that contains it, else the base (spec §1.1). Never throws. */
export function desiredInstances(preset: ScheduledPreset, at: number): DesiredInstances {
  const instances = preset.instances ?? 0;
  const base: DesiredInstances = { instances, source: { kind: "base" } };
  if (preset.instances === null || preset.schedules.length === 0) return base;
  const prepared = prepareSchedulesOf(preset);
  if (prepared.kind === "error") return { ...base, error: prepared.error };
  // Written so that NaN fails it, too.
  if (!(at >= instantMin && at < instantMax)) return { ...base, error: { kind: "instant", at } };
  const schedule = scheduleAt(prepared.set, wallClockAt(prepared.set.zone, at));
  if (schedule === null) return base;
  return {
    instances: schedule.instances,
    source: { kind: "schedule", index: schedule.index, cron: schedule.cron },
  };
}

/** The schedules of a preset, checked; a missing time zone counts as an empty one. */
export function prepareSchedulesOf(preset: ScheduledPreset): ScheduleSetResult {
  return prepareSchedules(preset.timezone ?? "", preset.schedules);
}
