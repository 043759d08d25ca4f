import type { OrganizationId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { lockQuota, presetCosts, quotaOfPools } from "../../db/queries/quota.ts";
import type { Sql, Tx } from "../../db/store.ts";
import type { PoolCreate } from "../../db/writes/pool-creates.ts";
import { limitByQuota, type QuotaOfPools } from "../../domain/pool/limit-by-quota.ts";
import { type PoolPlan, plannedCreates } from "../../domain/pool/pool-plan.ts";

/** The plans with what their organizations' quotas do not cover held; asked only when something is to be created. */
export async function holdForQuota(sql: Sql, plans: readonly PoolPlan[]): Promise<readonly PoolPlan[]> {
  const wanting = plans.filter((plan) => plannedCreates(plan) > 0).map((plan) => plan.presetId);
  if (wanting.length === 0) return plans;
  return limitByQuota(plans, await quotaFor(sql, await presetCosts(sql, wanting)));
}

async function quotaFor(sql: Sql, prices: Awaited<ReturnType<typeof presetCosts>>): Promise<QuotaOfPools> {
  const rows = await quotaOfPools(sql, organizationsOf(prices));
  return {
    quotas: new Map(rows.map(({ organization_id, used, allowed }) => [organization_id, { used, allowed }])),
    costs: new Map(
      prices.map(({ preset_id, organization_id, cost }) => [preset_id, { organizationId: organization_id, cost }]),
    ),
  };
}

function organizationsOf(prices: Awaited<ReturnType<typeof presetCosts>>): OrganizationId[] {
  return [...new Set(prices.map((price) => price.organization_id))];
}

/**
 * As many of the creates as the quotas cover at this moment, in the transaction that makes them: whoever else creates
 * prebuilds for these organizations waits until it has ended.
 */
export async function withinQuota(tx: Tx, pools: readonly PoolCreate[]): Promise<readonly PoolCreate[]> {
  const prices = await presetCosts(
    tx,
    pools.map((pool) => pool.presetId),
  );
  await lockQuota(tx, organizationsOf(prices), prebuildsUserId);
  const { quotas, costs } = await quotaFor(tx, prices);
  const left = new Map([...quotas].map(([id, { allowed, used }]) => [id, allowed - used]));
  return pools.flatMap((pool) => {
    const price = costs.get(pool.presetId);
    if (price === undefined || price.cost === 0) return [pool];
    const rest = left.get(price.organizationId) ?? 0;
    const count = Math.min(pool.count, Math.max(Math.floor(rest / price.cost), 0));
    left.set(price.organizationId, rest - count * price.cost);
    return count === 0 ? [] : [{ ...pool, count }];
  });
}
