import { holdCreates } from "./hold-creates.ts";
import { type Held, type PoolPlan, plannedCreates } from "./pool-plan.ts";

/**
 * Shares so many creates among the pools that want some. Each goes to the pool that has the fewest prebuilds, made or
 * on their way, so that every pool gets its first before any gets its second and a large pool cannot starve small
 * ones. The plans come back in their order, what got none held for the reason given.
 */
export function shareCreates(
  plans: readonly PoolPlan[],
  allowed: number,
  because: Omit<Held, "count">,
): readonly PoolPlan[] {
  const slots = Math.max(allowed, 0);
  const total = plans.reduce((sum, plan) => sum + plannedCreates(plan), 0);
  if (total <= slots) return plans;
  const granted = grantSlots(plans, slots);
  return plans.map((plan, index) => holdCreates(plan, granted.get(index) ?? 0, because));
}

/** Index of a plan → slots it got. */
function grantSlots(plans: readonly PoolPlan[], slots: number): ReadonlyMap<number, number> {
  // One entry per create that could be granted, ranked by what the pool would have by then.
  const wanted = plans.flatMap((plan, index) => {
    const covered = plan.state.actual - plan.state.expired + plan.state.starting;
    return Array.from({ length: Math.min(plannedCreates(plan), slots) }, (_, nth) => ({
      index,
      rank: covered + nth,
      presetId: plan.presetId,
    }));
  });
  wanted.sort((one, other) => one.rank - other.rank || (one.presetId < other.presetId ? -1 : 1));
  const granted = new Map<number, number>();
  for (const { index } of wanted.slice(0, slots)) granted.set(index, (granted.get(index) ?? 0) + 1);
  return granted;
}
