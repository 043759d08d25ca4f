import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { lockQuota, organizationsOf, presetCosts, quotaOfPools } from "../../db/people/quota.ts";
import type { Tx } from "../../db/store.ts";
import type { PoolCreate } from "../../db/pools/pool-creates.ts";

/**
 * As many of the creates as the quotas cover at this moment, in the transaction that makes them: whoever else creates
 * prebuilds for these organizations waits until it has ended.
 */
export async function withinQuota(tx: Tx, pools: readonly PoolCreate[]): Promise<readonly PoolCreate[]> {
  const presetIds = pools.map((pool) => pool.presetId);
  const costs = await presetCosts(tx, presetIds);
  const organizationIds = organizationsOf(costs);
  await lockQuota(tx, organizationIds, prebuildsUserId);
  const quotas = await quotaOfPools(tx, organizationIds);
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
