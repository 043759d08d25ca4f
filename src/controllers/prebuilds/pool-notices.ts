import type { PresetId } from "../../contracts/ids.ts";
import { noticePoolHealth, type PoolHealthChange } from "../../db/writes/notice-changes.ts";
import type { PoolPlan } from "../../domain/pool/pool-plan.ts";
import type { PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/**
 * Tells template admins of pools that became hard-limited or have recovered. The snapshot says what they were told
 * last, so a cycle without a change costs nothing; of two servers that see the same change, one tells it.
 */
export async function noticePools(
  deps: PrebuildsDeps,
  plans: readonly PoolPlan[],
  snapshots: ReadonlyMap<PresetId, PoolSnapshot>,
): Promise<void> {
  for (const plan of plans) {
    const snapshot = snapshots.get(plan.presetId);
    const change = snapshot === undefined ? undefined : changeOf(plan, snapshot);
    if (change === undefined) continue;
    await deps.db.transaction("notice pool", async (tx) => noticePoolHealth(tx, change, deps.clock.now()));
  }
}

function changeOf({ mode, health }: PoolPlan, { preset, history }: PoolSnapshot): PoolHealthChange | undefined {
  // What becomes of the pool of a version that was replaced is nobody's concern any more.
  if (mode === "inactive") return undefined;
  const { presetId, organizationId, templateName: template, presetName } = preset;
  const pool = { presetId, organizationId, template, preset: presetName };
  const isNoted = preset.isHardLimitNoted === true;
  if (health.kind === "hard_limited" && !isNoted) {
    return { ...pool, kind: "limited", failures: health.failures, probeAt: new Date(health.probeAt) };
  }
  if (health.kind !== "healthy" || !isNoted) return undefined;
  return { ...pool, kind: "recovered", because: history.completed[0]?.result === "succeeded" ? "built" : "resumed" };
}
