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
  return plans.map((plan, place) => holdCreates(plan, granted.get(place) ?? 0, because));
}

/** Place of a plan → slots it got. */
function grantSlots(plans: readonly PoolPlan[], slots: number): ReadonlyMap<number, number> {
  // One wish per create that could be granted, ranked by what the pool would have by then.
  const wishes = plans.flatMap((plan, place) => {
    const covered = plan.state.actual - plan.state.expired + plan.state.starting;
    return Array.from({ length: Math.min(plannedCreates(plan), slots) }, (_, nth) => ({
      place,
      rank: covered + nth,
      presetId: plan.presetId,
    }));
  });
  wishes.sort((one, other) => one.rank - other.rank || (one.presetId < other.presetId ? -1 : 1));
  const granted = new Map<number, number>();
  for (const { place } of wishes.slice(0, slots)) granted.set(place, (granted.get(place) ?? 0) + 1);
  return granted;
}
