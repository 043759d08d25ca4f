import { dayMs, hourMs, secondMs } from "../time/civil-date.ts";
import { prepareSchedulesOf, type ScheduledPreset } from "./desired-instances.ts";
import { type ScheduleSet, scheduleAt } from "./schedule-set.ts";
import { instantMax, instantMin, offsetAt, type TimeZone, wallClockAt } from "./time-zone.ts";

/** The instant from which another count is wanted. */
export interface DesiredChange {
  readonly at: number;
  readonly instances: number;
}

/** How far ahead a change is looked for unless told otherwise: so far that a monthly schedule shows. */
export const changeHorizonDefaultMs = 32 * dayMs;
/** How far ahead a change can be looked for at most: one step an hour, so about 9,600 steps. */
export const changeHorizonMaxMs = 400 * dayMs;

/**
 * When the desired count changes next, strictly after `at` and at most `horizonMs` later; null when it
 * does not, or when there are no usable schedules.
 */
export function nextChange(
  preset: ScheduledPreset,
  at: number,
  horizonMs: number = changeHorizonDefaultMs,
): DesiredChange | null {
  if (preset.instances === null || preset.schedules.length === 0) return null;
  const prepared = prepareSchedulesOf(preset);
  const until = at + Math.min(horizonMs, changeHorizonMaxMs);
  // Written so that NaN fails it, too.
  if (prepared.kind === "error" || !(at >= instantMin && until < instantMax)) return null;
  const { set } = prepared;
  const countAt = (instant: number): number => wantedAt(set, instant) ?? preset.instances ?? 0;
  const current = countAt(at);
  for (let next = nextBoundary(set.zone, at); next <= until; next = nextBoundary(set.zone, next)) {
    const instances = countAt(next);
    if (instances !== current) return { at: next, instances };
  }
  return null;
}

function wantedAt(set: ScheduleSet, at: number): number | null {
  return scheduleAt(set, wallClockAt(set.zone, at))?.instances ?? null;
}

/** The next instant at which the wall clock's hour may change: a full hour there, or a change of the offset before it. */
function nextBoundary(zone: TimeZone, at: number): number {
  const offset = offsetAt(zone, at);
  const fullHour = (Math.floor((at + offset) / hourMs) + 1) * hourMs - offset;
  if (offsetAt(zone, fullHour) === offset) return fullHour;
  // The clocks change within this hour: halve down to the second at which they do (12 steps).
  let before = Math.floor(at / secondMs);
  let after = Math.ceil(fullHour / secondMs);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(zone, middle * secondMs) === offset) before = middle;
    else after = middle;
  }
  return after * secondMs;
}
