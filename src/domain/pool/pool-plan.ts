import type { PresetId, WorkspaceId } from "../../contracts/ids.ts";
import type { HeldReason } from "../../contracts/states.ts";
import type { PresetHealth } from "./preset-health.ts";
import type { ReconciliationState } from "./reconciliation-state.ts";
import type { Rollout } from "./rollout.ts";

/** A prebuild as it was when the decision was made; whoever applies the plan compares the generation. */
export interface PrebuildRef {
  readonly workspaceId: WorkspaceId;
  readonly generation: number;
}

export const deleteReasons = ["inactive", "outdated", "expired", "extraneous"] as const;
/** Why prebuilds are deleted. `outdated`: their version was replaced under the rollout strategy `surge`. */
export type DeleteReason = (typeof deleteReasons)[number];

/** What to do, and nothing else. */
export type PoolAction =
  /** Cancel first builds that no daemon has taken; their workspaces are deleted without a provisioner. */
  | { readonly kind: "cancel_pending"; readonly prebuilds: readonly PrebuildRef[]; readonly because: "inactive" }
  | { readonly kind: "delete"; readonly prebuilds: readonly PrebuildRef[]; readonly because: DeleteReason }
  | { readonly kind: "create"; readonly count: number; readonly because: "below_desired" | "probe" };

/**
 * Creates held back, and why. `count` may be 0: the reason holds, but nothing was wanted anyway.
 * `until` is the last instant at which it holds, where that is known.
 */
export interface Held {
  readonly reason: HeldReason;
  readonly count: number;
  readonly until?: number;
  /** A sentence without its full stop that does not depend on the time of the decision. */
  readonly detail: string;
}

/** A rule of the decision and what it said; `not_asked` when an earlier one had settled the matter. */
export interface RuleAnswer {
  readonly name: string;
  readonly answer: "yes" | "no" | "not_asked";
  readonly because: string;
}

export const poolModes = ["disabled", "paused", "surging", "inactive", "active"] as const;
/** How a pool is treated as a whole: the first of these that applies. */
export type PoolMode = (typeof poolModes)[number];

export interface PoolPlan {
  readonly presetId: PresetId;
  readonly mode: PoolMode;
  readonly state: ReconciliationState;
  readonly health: PresetHealth;
  /** Creates that the numbers ask for. Always the creates of `actions` and the counts of `held` together. */
  readonly wanted: number;
  readonly actions: readonly PoolAction[];
  readonly held: readonly Held[];
  readonly rules: readonly RuleAnswer[];
  readonly rollout?: Rollout;
}

/** How many prebuilds the plan creates now. */
export function plannedCreates(plan: Pick<PoolPlan, "actions">): number {
  return plan.actions.reduce((sum, action) => (action.kind === "create" ? sum + action.count : sum), 0);
}
