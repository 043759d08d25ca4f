import { poolInstancesMax } from "../../contracts/limits.ts";
import type { PrebuildsDefinition, SchedulingDefinition } from "../../contracts/preset-definition.ts";
import { describeScheduleError, type ScheduleError } from "../schedule/schedule-error.ts";
import { neverComes } from "../schedule/cron.ts";
import { isInstanceCount, type PreparedSchedule, prepareSchedules } from "../schedule/schedule-set.ts";
import type { PresetFault } from "./preset-problem.ts";

/** Shortest and longest time after which a prebuild expires, where it does (spec §1). */
export const ttlSecondsMin = 3_600;
export const ttlSecondsMax = 31_536_000;

/** What a publish refuses in the `prebuilds` of a preset. Field paths begin at `prebuilds`. */
export function prebuildsFaults(prebuilds: PrebuildsDefinition): readonly PresetFault[] {
  const faults: PresetFault[] = [];
  const { instances, expirationPolicy, scheduling } = prebuilds;
  if (instances === undefined) {
    faults.push({
      field: "prebuilds.instances",
      reason: "it is missing; give the number of prebuilds to keep, 0 or more",
    });
  } else if (!isInstanceCount(instances)) {
    faults.push({
      field: "prebuilds.instances",
      reason: `it is ${instances}; give a whole number from 0 to ${poolInstancesMax}`,
    });
  }
  if (expirationPolicy !== undefined && !isTtl(expirationPolicy.ttlSeconds)) {
    faults.push({
      field: "prebuilds.expiration_policy.ttl",
      reason: `it is ${expirationPolicy.ttlSeconds}; give 0 (never) or whole seconds from ${ttlSecondsMin} to ${ttlSecondsMax}`,
    });
  }
  if (scheduling !== undefined) faults.push(...schedulingFaults(scheduling));
  return faults;
}

function isTtl(seconds: number): boolean {
  return seconds === 0 || (Number.isSafeInteger(seconds) && seconds >= ttlSecondsMin && seconds <= ttlSecondsMax);
}

function schedulingFaults({ timezone, schedule }: SchedulingDefinition): readonly PresetFault[] {
  const faults: PresetFault[] = [];
  if (schedule.length === 0) {
    faults.push({
      field: "prebuilds.scheduling.schedule",
      reason: "it is empty; give at least one schedule, or leave out scheduling",
    });
  }
  const prepared = prepareSchedules(timezone, schedule);
  if (prepared.kind === "ok") return [...faults, ...prepared.set.schedules.flatMap(neverComesFault)];
  faults.push(faultOf(prepared.error));
  if (prepared.error.kind !== "timezone") return faults;
  // An unknown zone hides the rest; with UTC in its place the author sees both mistakes at once.
  const schedules = prepareSchedules("UTC", schedule);
  if (schedules.kind === "error") faults.push(faultOf(schedules.error));
  return faults;
}

function neverComesFault({ index, cron, range }: PreparedSchedule): readonly PresetFault[] {
  const reason = neverComes(range);
  if (reason === null) return [];
  return [{ field: `prebuilds.scheduling.schedule[${index}].cron`, reason: `schedule[${index}] "${cron}": ${reason}` }];
}

function faultOf(error: ScheduleError): PresetFault {
  return { field: `prebuilds.scheduling.${fieldOf(error)}`, reason: describeScheduleError(error) };
}

function fieldOf(error: ScheduleError): string {
  switch (error.kind) {
    case "timezone":
      return "timezone";
    case "cron":
      return `schedule[${error.schedule.index}].cron`;
    case "instances":
      return `schedule[${error.schedule.index}].instances`;
    case "overlap":
      return `schedule[${error.second.index}].cron`;
    case "too_many":
    case "instant":
      return "schedule";
  }
}
