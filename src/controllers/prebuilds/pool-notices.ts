import type { PresetId } from "../../contracts/ids.ts";
import { noticePoolHealth, type PoolHealthChanges } from "../../db/notifications/notice-changes.ts";
import { lastErrorLine } from "../../domain/pool/last-failure.ts";
import type { PoolPlan } from "../../domain/pool/pool-plan.ts";
import type { PoolSnapshot } from "../../domain/pool/pool-snapshot.ts";
import type { PrebuildsDeps } from "./prebuilds-deps.ts";

/** Changes that one cycle tells; the next cycle tells the rest. */
const changesPerCycleMax = 500;

/**
 * Tells template admins of pools that became hard-limited or have recovered. The snapshot says what they were told
 * last, so a cycle without a change costs nothing, and one with changes two statements a kind, however many they are;
 * of two servers that see the same change, one tells it.
 */
export async function noticePools(
  deps: PrebuildsDeps,
  plans: readonly PoolPlan[],
  snapshots: ReadonlyMap<PresetId, PoolSnapshot>,
): Promise<void> {
  const changes = changesOf(plans, snapshots);
  if (changes.limited.length + changes.recovered.length === 0) return;
  await deps.db.transaction("notice pools", async (tx) => noticePoolHealth(tx, changes, deps.clock.now()));
}

function changesOf(plans: readonly PoolPlan[], snapshots: ReadonlyMap<PresetId, PoolSnapshot>): PoolHealthChanges {
  const limited: PoolHealthChanges["limited"][number][] = [];
  const recovered: PoolHealthChanges["recovered"][number][] = [];
  for (const { presetId, mode, health } of plans) {
    const snapshot = snapshots.get(presetId);
    // Nobody is told about the pool of a version that was replaced.
    if (snapshot === undefined || mode === "inactive") continue;
    if (limited.length + recovered.length >= changesPerCycleMax) break;
    const { preset, history } = snapshot;
    const { organizationId, templateName: template, presetName } = preset;
    const pool = { presetId, organizationId, template, preset: presetName };
    const isNoted = preset.isHardLimitNoted === true;
    if (health.kind === "hard_limited" && !isNoted) {
      const { lastFailure } = snapshot;
      const told =
        lastFailure === undefined ? {} : { error: lastErrorLine(lastFailure.error), command: lastFailure.command };
      limited.push({ ...pool, failures: health.failures, probeAt: new Date(health.probeAt), ...told });
    } else if (health.kind === "healthy" && preset.earlierHardLimit?.isOver === true) {
      recovered.push({ ...pool, because: "built" });
    } else if (health.kind === "healthy" && isNoted) {
      recovered.push({ ...pool, because: history.completed[0]?.result === "succeeded" ? "built" : "resumed" });
    }
  }
  return { limited, recovered };
}
