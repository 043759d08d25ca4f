/**
 * What is known of all pools at one instant: what the reconciler plans from, and with it `explain` and `doctor`. What
 * one pool may create depends on all others, so nothing less will do for any of them.
 */
import type { OrganizationId, PresetId } from "../../contracts/ids.ts";
import { desiredInstances } from "../schedule/desired-instances.ts";
import type { LastFailure } from "./last-failure.ts";
import type { CreateRate } from "./limit-create-rate.ts";
import type { PoolQuota } from "./limit-by-quota.ts";
import type {
  BuildHistory,
  LivePrebuild,
  PoolPolicy,
  PoolSnapshot,
  PresetSnapshot,
  SurgeProgress,
} from "./pool-snapshot.ts";
import { presetHealth } from "./preset-health.ts";
import { calculateState } from "./reconciliation-state.ts";

/** Which pool takes over from an outdated one, under the rollout strategy `surge` (spec §3.3). */
export interface Replacement {
  /** The preset of the same name and values in the active version. */
  readonly presetId: PresetId;
  /** When the version that replaces this one became active. */
  readonly startedAt: number;
  readonly maxOutdatedAgeMs: number;
}

/** One pool by itself, as it was loaded. */
export interface PoolFacts {
  readonly preset: PresetSnapshot;
  readonly prebuilds: readonly LivePrebuild[];
  readonly history: BuildHistory;
  /** Cost units of one prebuild; 0 where nothing was declared or reported. */
  readonly cost: number;
  readonly replacement?: Replacement;
  readonly lastFailure?: LastFailure;
}

export interface DeploymentSnapshot {
  readonly now: number;
  readonly policy: PoolPolicy;
  readonly pools: readonly PoolFacts[];
  /** Prebuild builds of the deployment that may be pending or running; 0 = no limit. */
  readonly inFlightMax: number;
  readonly createRate: CreateRate;
  /** Null: quotas are switched off. */
  readonly quotas: ReadonlyMap<OrganizationId, PoolQuota> | null;
}

/** The pools by their presets, for looking up what replaces what. */
export type PoolsById = ReadonlyMap<PresetId, PoolFacts>;

export function poolsById(pools: readonly PoolFacts[]): PoolsById {
  return new Map(pools.map((pool) => [pool.preset.presetId, pool]));
}

/** Everything that decides about one pool by itself: what was loaded, and how far its replacement has come. */
export function poolSnapshot(pool: PoolFacts, given: SnapshotGiven & { readonly byId: PoolsById }): PoolSnapshot {
  const { replacement } = pool;
  const successor = replacement === undefined ? undefined : given.byId.get(replacement.presetId);
  const own = ownSnapshot(pool, given);
  if (replacement === undefined || successor === undefined) return own;
  return { ...own, surge: surgeProgress(replacement, ownSnapshot(successor, given)) };
}

interface SnapshotGiven {
  readonly now: number;
  readonly policy: PoolPolicy;
}

function ownSnapshot(facts: PoolFacts, { now, policy }: SnapshotGiven): PoolSnapshot {
  const { preset, prebuilds, history, lastFailure } = facts;
  return { preset, prebuilds, history, now, policy, ...(lastFailure === undefined ? {} : { lastFailure }) };
}

/** A replacement that may not be handed out (a rehearsal blocks it) is not ready: nobody could claim it. */
function surgeProgress({ startedAt, maxOutdatedAgeMs }: Replacement, successor: PoolSnapshot): SurgeProgress {
  return {
    replacementsReady: calculateState(successor).eligible,
    replacementsDesired: desiredInstances(successor.preset, successor.now).instances,
    startedAt,
    maxOutdatedAgeMs,
    replacementHealth: presetHealth(successor).kind,
  };
}
