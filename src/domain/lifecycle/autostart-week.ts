import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import { dayOf, type WeekDay, weekDay } from "../schedule/schedule-week.ts";
import { loadTimeZone, type TimeZone } from "../schedule/time-zone.ts";
import { type Autostart, nextFiring, parseAutostart } from "./autostart.ts";
import { autostartRefusal, ttlRefusal } from "./deadline.ts";
import { allowedDaysOf } from "./due-act.ts";

/** A stretch in which a workspace runs unless somebody does otherwise. Milliseconds since the epoch. */
export interface PlannedRun {
  readonly startsAt: number;
  /** Null: until somebody stops it. */
  readonly endsAt: number | null;
}

export interface AutostartWeek {
  readonly timezone: string;
  /** Seven, the first of which is today. */
  readonly days: readonly WeekDay[];
  readonly runs: readonly PlannedRun[];
  /** Why it cannot be so, in words; nothing is planned then. */
  readonly fault: string | null;
}

export interface WeekInput {
  readonly autostartSchedule: string | null;
  readonly ttlMs: number | null;
  readonly policy: LifecyclePolicy;
  /** What differs from what is saved: that alone may be refused, as the template may have become stricter since. */
  readonly changed: { readonly autostart: boolean; readonly ttl: boolean };
  /** The run that goes on at `now`; null: it does not run. */
  readonly current: { readonly endsAt: number | null } | null;
  /** Whether it sleeps, and so is not started by itself. */
  readonly isDormant: boolean;
  readonly now: number;
}

const daysShown = 7;
/** One in each quarter of an hour. */
const runsMax = 700;

/** What the coming week looks like by a schedule: today and six more days, in the time zone of its autostart. */
export function autostartWeek(input: WeekInput): AutostartWeek {
  const { autostartSchedule, ttlMs, policy, changed, now } = input;
  const fault =
    (changed.autostart ? autostartRefusal(autostartSchedule, policy) : null) ??
    (changed.ttl ? ttlRefusal(ttlMs, policy) : null);
  const autostart = readAutostart(autostartSchedule);
  const zone = autostart?.zone ?? utc();
  const today = dayOf(zone, now);
  const days = Array.from({ length: daysShown }, (_, nth) => weekDay(zone, today + nth));
  const runs = fault === null ? plannedRuns(input, autostart, days.at(-1)?.endsAt ?? now) : [];
  return { timezone: zone.name, days, runs, fault };
}

function readAutostart(schedule: string | null): Autostart | null {
  const read = schedule === null ? null : parseAutostart(schedule);
  return read?.kind === "ok" ? read.autostart : null;
}

/** It is started only while it is stopped: what comes while it runs is passed over, and not made up for. */
function plannedRuns(input: WeekInput, autostart: Autostart | null, until: number): readonly PlannedRun[] {
  const { now, ttlMs, policy, isDormant } = input;
  // One whose hooks are still at work is stopped later than its deadline.
  const currentEnd =
    input.current === null || input.current.endsAt === null ? null : Math.max(now, input.current.endsAt);
  const runs: PlannedRun[] = input.current === null ? [] : [{ startsAt: now, endsAt: currentEnd }];
  if (autostart === null || isDormant) return runs;
  const allowed = allowedDaysOf(policy);
  let free = input.current === null ? now : currentEnd;
  while (free !== null && runs.length < runsMax) {
    const startsAt = nextFiring(autostart, free, allowed);
    if (startsAt === null || startsAt >= until) break;
    const endsAt = ttlMs === null ? null : startsAt + Math.min(ttlMs, policy.maxTtlMs ?? ttlMs);
    runs.push({ startsAt, endsAt });
    free = endsAt;
  }
  return runs;
}

function utc(): TimeZone {
  const zone = loadTimeZone("UTC");
  if (zone === null) throw new Error("Intl does not know UTC.");
  return zone;
}
