import type { WorkspaceId } from "../../contracts/ids.ts";
import { failedSurplus } from "../../db/pools/failed-prebuilds.ts";
import { cancelPendingPrebuilds } from "../../db/pools/pool-deletes.ts";
import type { PoolPlan, PrebuildRef } from "../../domain/pool/pool-plan.ts";
import { type Apart, apart } from "../apart.ts";
import { removePrebuilds } from "../remove-prebuilds.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/** Prebuilds that one statement cancels or deletes. */
const removalBatchMax = 1_000;
/** Failed prebuilds that one cycle removes; the next takes the rest. */
const failedRemovedMax = 500;

export interface Removed {
  readonly cancels: number;
  readonly deletes: number;
  /** Prebuilds that could not be removed; they stopped no other, nor any create. */
  readonly errors: number;
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
  const sum = { cancels: 0, deletes: 0, errors: 0 };
  for (const batch of batches(pending)) {
    const cancels = await cancelPending(deps, batch);
    sum.cancels += cancels.done.length;
    sum.errors += cancels.errors;
  }
  for (const [because, prebuilds] of doomed) {
    for (const targets of batches(prebuilds)) {
      // One that was claimed, or whose state moved, since the decision is left alone: that delete is a no-op.
      const deletes = await removePrebuilds(deps, { targets, from: ["starting", "ready"], because });
      sum.deletes += deletes.done.length;
      sum.errors += deletes.errors;
    }
  }
  if (sum.cancels + sum.deletes > 0) deps.db.publish(["jobs", "pool_rows"]);
  return sum;
}

async function cancelPending(deps: PrebuildsDeps, ids: readonly WorkspaceId[]): Promise<Apart<WorkspaceId>> {
  return await apart(
    ids,
    async (batch) => await cancelPendingPrebuilds(deps.db, batch, deps.clock.now()),
    (workspaceId, error) =>
      deps.logger.error("a pending prebuild could not be cancelled", { workspaceId, reason: String(error) }),
  );
}

/** Removes failed prebuilds beyond those that are kept as evidence, oldest first. */
export async function removeFailedSurplus(deps: PrebuildsDeps): Promise<Apart<WorkspaceId>> {
  const surplus = await failedSurplus(deps.db, deps.options.failedKeptMax, failedRemovedMax);
  if (surplus.length === 0) return { done: [], errors: 0 };
  const removed = await removePrebuilds(deps, {
    targets: surplus.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
    from: ["failed"],
    because: "failed_surplus",
  });
  deps.db.publish(["jobs", "pool_rows"]);
  return removed;
}

function batches<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / removalBatchMax);
  return Array.from({ length: count }, (_, nth) => items.slice(nth * removalBatchMax, (nth + 1) * removalBatchMax));
}
