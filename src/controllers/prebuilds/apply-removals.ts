import type { WorkspaceId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { failedSurplus } from "../../db/pools/failed-prebuilds.ts";
import { cancelPendingPrebuilds, deletePrebuilds } from "../../db/pools/pool-deletes.ts";
import type { PoolPlan, PrebuildRef } from "../../domain/pool/pool-plan.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/** Prebuilds that one statement cancels or deletes. */
const removalBatchMax = 1_000;
/** Failed prebuilds that one cycle removes; the next takes the rest. */
const failedRemovedMax = 500;

export interface Removed {
  readonly cancels: number;
  readonly deletes: number;
}

/**
 * Applies every cancellation and delete of the plans, before any create: when the provider has no room left, creating
 * first would fail, and the pool would stay as it is.
 */
export async function applyRemovals(deps: PrebuildsDeps, plans: readonly PoolPlan[]): Promise<Removed> {
  const pending: WorkspaceId[] = [];
  const doomed = new Map<string, PrebuildRef[]>();
  for (const action of plans.flatMap((plan) => plan.actions)) {
    if (action.kind === "cancel_pending") pending.push(...action.prebuilds.map((prebuild) => prebuild.workspaceId));
    if (action.kind === "delete")
      doomed.set(action.because, [...(doomed.get(action.because) ?? []), ...action.prebuilds]);
  }
  let cancels = 0;
  for (const batch of batches(pending)) {
    cancels += (await cancelPendingPrebuilds(deps.db, batch, deps.clock.now())).length;
  }
  let deletes = 0;
  for (const [because, prebuilds] of doomed) deletes += await startDeletes(deps, because, prebuilds);
  if (cancels + deletes > 0) deps.db.publish(["jobs"]);
  return { cancels, deletes };
}

async function startDeletes(deps: PrebuildsDeps, because: string, prebuilds: readonly PrebuildRef[]): Promise<number> {
  let count = 0;
  for (const targets of batches(prebuilds)) {
    const deleted = await deletePrebuilds(deps.db, {
      targets,
      // One that was claimed, or whose state moved, since the decision is left alone: that delete is a no-op.
      from: ["starting", "ready"],
      because,
      initiatorId: prebuildsUserId,
      now: deps.clock.now(),
    });
    count += deleted.length;
  }
  return count;
}

/** Removes failed prebuilds beyond those that are kept as evidence, oldest first. */
export async function removeFailedSurplus(deps: PrebuildsDeps): Promise<number> {
  const surplus = await failedSurplus(deps.db, deps.options.failedKeptMax, failedRemovedMax);
  if (surplus.length === 0) return 0;
  const deleted = await deletePrebuilds(deps.db, {
    targets: surplus.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
    from: ["failed"],
    because: "failed_surplus",
    initiatorId: prebuildsUserId,
    now: deps.clock.now(),
  });
  deps.db.publish(["jobs"]);
  return deleted.length;
}

function batches<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / removalBatchMax);
  return Array.from({ length: count }, (_, nth) => items.slice(nth * removalBatchMax, (nth + 1) * removalBatchMax));
}
