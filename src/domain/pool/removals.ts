import type { DeleteReason, PoolAction, PoolMode, PrebuildRef } from "./pool-plan.ts";
import type { LivePrebuild, PoolSnapshot } from "./pool-snapshot.ts";
import { isExpired, isRunning, type ReconciliationState } from "./reconciliation-state.ts";
import { outdatedToKeep } from "./surge.ts";

/**
 * What leaves the pool, in the order in which it is done (spec §3, 1 and 2a–b). Only running prebuilds are
 * deleted: those on their way up are cancelled or deleted by a later cycle, those on their way down are no
 * business of the loop, and failed and parked ones are evidence.
 */
export function planRemovals(
  snapshot: PoolSnapshot,
  mode: PoolMode,
  state: ReconciliationState,
): readonly PoolAction[] {
  switch (mode) {
    case "disabled":
    case "paused":
      return [];
    case "surging":
      return [...cancelPending(snapshot), ...outdatedRemovals(snapshot)];
    case "inactive": {
      const because = snapshot.surge !== undefined && snapshot.preset.rollout === "surge" ? "outdated" : "inactive";
      return [
        ...cancelPending(snapshot),
        ...deletes(snapshot.prebuilds.filter(isRunning).sort(leastUsefulFirst), because),
      ];
    }
    case "active":
      return activeRemovals(snapshot, state.extraneous);
  }
}

function activeRemovals(snapshot: PoolSnapshot, extraneous: number): readonly PoolAction[] {
  const { expired, fresh } = splitRunning(snapshot);
  return [...deletes(expired, "expired"), ...deletes(fresh.slice(0, extraneous), "extraneous")];
}

function outdatedRemovals(snapshot: PoolSnapshot): readonly PoolAction[] {
  const { expired, fresh } = splitRunning(snapshot);
  const kept = snapshot.surge === undefined ? 0 : outdatedToKeep(snapshot.surge);
  return [...deletes(expired, "expired"), ...deletes(fresh.slice(0, Math.max(fresh.length - kept, 0)), "outdated")];
}

/** Running prebuilds; the fresh ones in the order in which they are given up. */
function splitRunning({ prebuilds, preset, now }: PoolSnapshot): {
  readonly expired: readonly LivePrebuild[];
  readonly fresh: readonly LivePrebuild[];
} {
  const running = prebuilds.filter(isRunning);
  return {
    expired: running.filter((prebuild) => isExpired(prebuild, preset, now)).sort(oldestFirst),
    fresh: running.filter((prebuild) => !isExpired(prebuild, preset, now)).sort(leastUsefulFirst),
  };
}

function cancelPending({ prebuilds }: PoolSnapshot): readonly PoolAction[] {
  const pending = prebuilds.filter(isCancellable).sort(oldestFirst).map(refOf);
  return pending.length === 0 ? [] : [{ kind: "cancel_pending", prebuilds: pending, because: "inactive" }];
}

/** Whether nothing was created yet, so that the prebuild can be removed without a provisioner. */
export function isCancellable(prebuild: LivePrebuild): boolean {
  return prebuild.state === "building" && prebuild.hasPendingFirstBuildJob;
}

function deletes(prebuilds: readonly LivePrebuild[], because: DeleteReason): readonly PoolAction[] {
  return prebuilds.length === 0 ? [] : [{ kind: "delete", prebuilds: prebuilds.map(refOf), because }];
}

function refOf({ workspaceId, generation }: LivePrebuild): PrebuildRef {
  return { workspaceId, generation };
}

/** Not ready before ready, and within each the oldest first: a ready one can be claimed, the youngest expires last. */
function leastUsefulFirst(one: LivePrebuild, other: LivePrebuild): number {
  return Number(one.state === "ready") - Number(other.state === "ready") || oldestFirst(one, other);
}

function oldestFirst(one: LivePrebuild, other: LivePrebuild): number {
  if (one.createdAt !== other.createdAt) return one.createdAt - other.createdAt;
  return one.workspaceId < other.workspaceId ? -1 : one.workspaceId > other.workspaceId ? 1 : 0;
}
