import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import type { JobStatus, Transition } from "../../contracts/states.ts";
import { isJobFinished } from "../../contracts/states.ts";
import { dayMs, hourMs, minuteMs } from "../time/civil-date.ts";
import { durationText } from "../time/instant-text.ts";
import { lastFiring, nextFiring, parseAutostart } from "./autostart.ts";

/** How late autostart still starts anything: a server that was down for a night does not start everything that it missed. */
export const autostartGraceMs = hourMs;
/** How long before its deletion the owner of a dormant workspace is told. */
export const deletionNoticeMs = 3 * dayMs;
/** A failed stop or delete is tried again after so long, twice as long after each further failure. */
export const retryBaseMs = minuteMs;
export const retryMaxMs = hourMs;

/** A person's workspace as the rules see it; instants in milliseconds. An unclaimed prebuild has none. */
export interface LifecycleSubject {
  readonly transition: Transition;
  readonly status: JobStatus;
  /** Whether the latest build is the executor's own. */
  readonly isBuildOurs: boolean;
  /** Whether it is on its way to being usable: its agents and hooks still have time. Absent: it is not. */
  readonly isBooting?: boolean;
  readonly buildCreatedAt: number;
  readonly buildEndedAt: number | null;
  /** Builds in a row that failed, the latest included. */
  readonly failures: number;
  readonly autostartSchedule: string | null;
  /** When the schedule was set, the workspace woken or its template's rule changed, whichever was last. */
  readonly autostartFrom: number | null;
  readonly deadlineAt: number | null;
  readonly lastUsedAt: number;
  readonly dormantAt: number | null;
  readonly deletingAt: number | null;
}

/** `reason` says what was done and why, as people read it: "stopped: idle for 1 h". */
export type LifecycleAct =
  | { readonly kind: "start"; readonly because: "autostart"; readonly reason: string }
  | { readonly kind: "stop"; readonly because: "autostop" | "failed_start" | "retry"; readonly reason: string }
  | { readonly kind: "delete"; readonly because: "dormant" | "retry"; readonly reason: string }
  | {
      readonly kind: "dormant";
      readonly because: "unused";
      readonly reason: string;
      /** Whether it runs, and is stopped too. */
      readonly isStopped: boolean;
      readonly deletingAt: number | null;
    };

interface Rule {
  /** The act when it is due, else undefined. Only asked while no build is in flight. */
  readonly act: (subject: LifecycleSubject, policy: LifecyclePolicy, at: number) => LifecycleAct | undefined;
}

// In this order, first match wins: what is to be deleted is not stopped before, and what becomes dormant is not
// started in the same moment.
const rules: readonly Rule[] = [
  { act: deletion },
  { act: retry },
  { act: failureCleanUp },
  { act: dormancy },
  { act: autostop },
  { act: autostart },
];

/** What is to be done with the workspace at `at`, or null. Never while a build of it is under way. */
export function dueAct(subject: LifecycleSubject, policy: LifecyclePolicy, at: number): LifecycleAct | null {
  if (!isJobFinished(subject.status)) return null;
  for (const rule of rules) {
    const act = rule.act(subject, policy, at);
    if (act !== undefined) return act;
  }
  return null;
}

/** How long after its end a failed stop or delete is tried again. */
export function retryDelayMs(failures: number): number {
  return Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(Math.max(failures - 1, 0), 10));
}

/** Days of the policy as numbers, 0 = Sunday. */
export function allowedDaysOf(policy: LifecyclePolicy): readonly number[] {
  const names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
  return policy.isAutostartAllowed ? policy.autostartDays.map((day) => names.indexOf(day)) : [];
}

/** When autostart starts it next, if it is stopped then; null: never. */
export function nextAutostart(schedule: string | null, policy: LifecyclePolicy, after: number): number | null {
  if (schedule === null) return null;
  const read = parseAutostart(schedule);
  const days = allowedDaysOf(policy);
  return read.kind === "error" || days.length === 0 ? null : nextFiring(read.autostart, after, days);
}

function deletion(subject: LifecycleSubject, _: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { dormantAt, deletingAt, transition, status, isBuildOurs } = subject;
  if (dormantAt === null || deletingAt === null || deletingAt > at) return undefined;
  // A failed one of ours is the rule `retry`'s, which waits longer each time. One that a person has started is not
  // tried again by that rule, and the workspace is to go all the same.
  if (transition === "delete" && status === "failed" && isBuildOurs) return undefined;
  return { kind: "delete", because: "dormant", reason: `deleted: dormant for ${durationText(at - dormantAt)}` };
}

function retry(subject: LifecycleSubject, _: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { transition, status, isBuildOurs, buildEndedAt, failures } = subject;
  if (status !== "failed" || !isBuildOurs || transition === "start") return undefined;
  if ((buildEndedAt ?? at) + retryDelayMs(failures) > at) return undefined;
  const why = `tried again, as the ${transition} before failed (${failures} in a row)`;
  return transition === "stop"
    ? { kind: "stop", because: "retry", reason: `stopped: ${why}` }
    : { kind: "delete", because: "retry", reason: `deleted: ${why}` };
}

function failureCleanUp(subject: LifecycleSubject, policy: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { transition, status, buildEndedAt } = subject;
  if (transition !== "start" || status !== "failed" || policy.failureTtlMs === null || buildEndedAt === null)
    return undefined;
  if (buildEndedAt + policy.failureTtlMs > at) return undefined;
  const reason = `stopped: its start failed ${durationText(at - buildEndedAt)} ago`;
  return { kind: "stop", because: "failed_start", reason };
}

function dormancy(subject: LifecycleSubject, policy: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { dormantAt, lastUsedAt, transition, status } = subject;
  if (dormantAt !== null || policy.dormantAfterMs === null || lastUsedAt + policy.dormantAfterMs > at) return undefined;
  return {
    kind: "dormant",
    because: "unused",
    reason: `dormant: not used for ${durationText(at - lastUsedAt)}`,
    isStopped: transition === "start" || status !== "succeeded",
    deletingAt: policy.deleteDormantAfterMs === null ? null : at + policy.deleteDormantAfterMs,
  };
}

function autostop(subject: LifecycleSubject, _: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { transition, status, deadlineAt, lastUsedAt } = subject;
  if (transition !== "start" || status !== "succeeded" || deadlineAt === null || deadlineAt > at) return undefined;
  // A TTL shorter than a hook would stop it as idle before anybody could use it, at each start again.
  if (subject.isBooting === true) return undefined;
  return { kind: "stop", because: "autostop", reason: `stopped: idle for ${durationText(at - lastUsedAt)}` };
}

function autostart(subject: LifecycleSubject, policy: LifecyclePolicy, at: number): LifecycleAct | undefined {
  const { transition, status, dormantAt, autostartSchedule, autostartFrom, buildCreatedAt } = subject;
  if (transition !== "stop" || status !== "succeeded" || dormantAt !== null || autostartSchedule === null)
    return undefined;
  const read = parseAutostart(autostartSchedule);
  if (read.kind === "error") return undefined;
  // Who stopped it after the moment wants it stopped; who set the schedule after it meant the next one.
  const since = Math.max(buildCreatedAt, autostartFrom ?? 0, at - autostartGraceMs);
  const firing = lastFiring(read.autostart, { since, at }, allowedDaysOf(policy));
  if (firing === null) return undefined;
  return { kind: "start", because: "autostart", reason: `started: autostart at ${autostartSchedule}` };
}
