import { type LifecyclePolicy, weekdays } from "../../contracts/lifecycle.ts";
import { durationText } from "../time/instant-text.ts";
import { neverComes } from "../schedule/cron.ts";
import { maskHas } from "../schedule/cron-field.ts";
import { type Autostart, parseAutostart } from "./autostart.ts";

/** The latest instant to which a run that began at `startedAt` may be extended; null: no limit. Milliseconds. */
export function maxDeadline(startedAt: number, policy: LifecyclePolicy): number | null {
  return policy.maxTtlMs === null ? null : startedAt + policy.maxTtlMs;
}

/** Where activity at `at` moves a deadline: never back, and never beyond the limit of the run. */
export function bumpedDeadline(
  run: { readonly deadlineAt: number; readonly startedAt: number },
  policy: LifecyclePolicy,
  at: number,
): number {
  if (policy.activityBumpMs === null) return run.deadlineAt;
  const limit = maxDeadline(run.startedAt, policy) ?? Number.POSITIVE_INFINITY;
  return Math.max(run.deadlineAt, Math.min(at + policy.activityBumpMs, limit));
}

/** Why a TTL is refused, or null. A template with a limit takes no TTL that is none. */
export function ttlRefusal(ttlMs: number | null, policy: LifecyclePolicy): string | null {
  const { maxTtlMs } = policy;
  if (maxTtlMs === null || (ttlMs !== null && ttlMs <= maxTtlMs)) return null;
  const limit = durationText(maxTtlMs);
  return ttlMs === null
    ? `the template stops its workspaces after at most ${limit}; a TTL is needed`
    : `the TTL is ${durationText(ttlMs)}; the template allows at most ${limit}`;
}

/** Why an autostart is refused, or null. */
export function autostartRefusal(schedule: string | null, policy: LifecyclePolicy): string | null {
  if (schedule === null) return null;
  if (!policy.isAutostartAllowed) return "the template allows no autostart";
  const read = parseAutostart(schedule);
  if (read.kind === "error") return `the autostart "${schedule}" cannot be read: ${read.reason}`;
  const never = neverComes(read.autostart) ?? neverAllowed(read.autostart, policy);
  return never === null ? null : `the autostart "${schedule}" never starts anything: ${never}`;
}

function neverAllowed({ dayOfMonth, dayOfWeek }: Autostart, { autostartDays }: LifecyclePolicy): string | null {
  // A day of the month may fall on any day of the week.
  if (!dayOfMonth.isAny || autostartDays.some((day) => maskHas(dayOfWeek.mask, weekdays.indexOf(day)))) return null;
  return `the template allows autostart on ${autostartDays.join(", ")} only`;
}
