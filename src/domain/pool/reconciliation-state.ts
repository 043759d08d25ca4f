import { type DesiredSource, desiredInstances } from "../schedule/desired-instances.ts";
import type { ScheduleError } from "../schedule/schedule-error.ts";
import { isActivePreset, type LivePrebuild, type PoolSnapshot, type PresetSnapshot } from "./pool-snapshot.ts";
import { isSurging } from "./surge.ts";

/** The numbers of a pool, for people, logs and metrics (spec §2). What to do about them is the plan's business. */
export interface ReconciliationState {
  /** Unclaimed prebuilds whose latest build is a succeeded start, whatever their agents say. */
  readonly running: number;
  /**
   * Those that could be claimed now: running, not expired, every agent ready, in a pool that hands out.
   * An inactive preset does not (case 3), unless `surge` keeps it claimable.
   */
  readonly eligible: number;
  readonly expired: number;
  /** All running ones, expired included: the word of the arithmetic. */
  readonly actual: number;
  readonly desired: number;
  readonly extraneous: number;
  /** Start builds pending or running. */
  readonly starting: number;
  readonly stopping: number;
  readonly deleting: number;
  /** Kept as evidence; counted where the loader lists them, never acted upon. */
  readonly failed: number;
  readonly parked: number;
  /** Where `desired` comes from; the base when the preset is inactive. */
  readonly source: DesiredSource;
  /** Set when the schedules cannot be used, and `desired` is therefore the base. */
  readonly scheduleError?: ScheduleError;
}

/** Computes the numbers of a pool from its snapshot. Total: it never fails. */
export function calculateState(snapshot: PoolSnapshot): ReconciliationState {
  const { preset, prebuilds, now } = snapshot;
  const isActive = isActivePreset(preset);
  const handsOut = isHandingOut(snapshot);
  const counts = { running: 0, eligible: 0, expired: 0, starting: 0, stopping: 0, deleting: 0, failed: 0, parked: 0 };
  for (const prebuild of prebuilds) {
    if (isRunning(prebuild)) counts.running += 1;
    if (handsOut && isEligible(prebuild, preset, now)) counts.eligible += 1;
    if (isExpired(prebuild, preset, now)) counts.expired += 1;
    if (prebuild.state === "building") counts.starting += 1;
    if (prebuild.state === "stopping") counts.stopping += 1;
    if (prebuild.state === "draining") counts.deleting += 1;
    if (prebuild.state === "failed") counts.failed += 1;
    if (prebuild.state === "parked") counts.parked += 1;
  }
  const wanted = isActive ? desiredInstances(preset, now) : { instances: 0, source: { kind: "base" } as const };
  const surplus = Math.max(counts.running - counts.expired - wanted.instances, 0);
  return {
    ...counts,
    actual: counts.running,
    desired: wanted.instances,
    extraneous: isActive ? surplus : 0,
    source: wanted.source,
    ...(wanted.error === undefined ? {} : { scheduleError: wanted.error }),
  };
}

/** How many prebuilds the numbers ask for, before anything holds creates back (spec §3, 2c). */
export function wantedCreates(state: ReconciliationState): number {
  return Math.max(state.desired - (state.actual - state.expired) - state.starting, 0);
}

/** Whether the latest build is a succeeded start. */
export function isRunning(prebuild: LivePrebuild): boolean {
  return prebuild.state === "ready" || prebuild.state === "starting";
}

/** Whether a running prebuild is too old: strictly past its TTL, or made strictly before the last invalidation. */
export function isExpired(prebuild: LivePrebuild, preset: PresetSnapshot, now: number): boolean {
  if (!isRunning(prebuild)) return false;
  const { ttlMs, invalidatedAt } = preset;
  const isPastTtl = ttlMs !== null && ttlMs > 0 && now - prebuild.createdAt > ttlMs;
  return isPastTtl || (invalidatedAt !== null && prebuild.createdAt < invalidatedAt);
}

/** Whether claims are served from this pool at all: what is shown as claimable must be what can be claimed. */
export function isHandingOut(snapshot: PoolSnapshot): boolean {
  const { blockedByRehearsal = null, isUnproven = false } = snapshot.preset;
  const isHeld = snapshot.policy.disabled || blockedByRehearsal !== null || isUnproven;
  return !isHeld && (isActivePreset(snapshot.preset) || isSurging(snapshot));
}

/** Whether a prebuild of a pool that hands out could be handed out. */
export function isEligible(prebuild: LivePrebuild, preset: PresetSnapshot, now: number): boolean {
  return prebuild.state === "ready" && !isExpired(prebuild, preset, now);
}
