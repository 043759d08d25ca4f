import type { OrganizationId, PresetId } from "../../contracts/ids.ts";
import { holdCreates } from "./hold-creates.ts";
import { type PoolPlan, plannedCreates } from "./pool-plan.ts";

/** What the unclaimed prebuilds of an organization cost, and may cost, in cost units. */
export interface PoolQuota {
  readonly used: number;
  readonly allowed: number;
}

export interface QuotaOfPools {
  readonly quotas: ReadonlyMap<OrganizationId, PoolQuota>;
  /** What one prebuild of a preset costs, and whose quota it is. A preset that is not in here costs nothing. */
  readonly costs: ReadonlyMap<PresetId, { readonly organizationId: OrganizationId; readonly cost: number }>;
}

/**
 * Holds the creates that the quota of their organization does not cover (spec §8). What it covers goes to the pools
 * that have the fewest prebuilds first; a pool whose next prebuild costs too much is skipped, and cheaper ones are still served.
 * Deletes are never held.
 */
export function limitByQuota(plans: readonly PoolPlan[], { quotas, costs }: QuotaOfPools): readonly PoolPlan[] {
  if (costs.size === 0) return plans;
  const left = new Map([...quotas].map(([id, { allowed, used }]) => [id, allowed - used]));
  const granted = grantWithin(plans, { left, costs });
  return plans.map((plan, index) => {
    const price = costs.get(plan.presetId);
    const count = granted.get(index);
    if (price === undefined || count === undefined) return plan;
    const missing = (plannedCreates(plan) - count) * price.cost - (left.get(price.organizationId) ?? 0);
    const { allowed, used } = quotas.get(price.organizationId) ?? { allowed: 0, used: 0 };
    const detail =
      `each costs ${price.cost} cost units, and the group "prebuilds" of the organization has ${allowed}, of which ` +
      `${used} are used: ${missing} too few`;
    return holdCreates(plan, count, { reason: "quota", detail });
  });
}

/** Index of a plan → creates that are covered; only plans that want some and whose prebuilds cost something. */
function grantWithin(
  plans: readonly PoolPlan[],
  { left, costs }: { readonly left: Map<OrganizationId, number>; readonly costs: QuotaOfPools["costs"] },
): ReadonlyMap<number, number> {
  const granted = new Map<number, number>();
  const wanted = plans.flatMap((plan, index) => {
    const price = costs.get(plan.presetId);
    const planned = plannedCreates(plan);
    if (price === undefined || price.cost === 0 || planned === 0) return [];
    granted.set(index, 0);
    const covered = plan.state.actual - plan.state.expired + plan.state.starting;
    // No more wanted than could be paid, so that a pool of thousands costs nothing while nothing is left.
    const payable = Math.max(Math.floor((left.get(price.organizationId) ?? 0) / price.cost), 0);
    return Array.from({ length: Math.min(planned, payable) }, (_, nth) => ({ index, rank: covered + nth, price }));
  });
  wanted.sort((one, other) => one.rank - other.rank || one.index - other.index);
  for (const { index, price } of wanted) {
    const rest = left.get(price.organizationId) ?? 0;
    if (rest < price.cost) continue;
    left.set(price.organizationId, rest - price.cost);
    granted.set(index, (granted.get(index) ?? 0) + 1);
  }
  return granted;
}
