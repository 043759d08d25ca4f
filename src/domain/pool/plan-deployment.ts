import { allocateInFlight } from "./allocate-in-flight.ts";
import { decidePool } from "./decide-pool.ts";
import { type DeploymentSnapshot, poolsById, poolSnapshot } from "./deployment-snapshot.ts";
import { limitByQuota, type QuotaOfPools } from "./limit-by-quota.ts";
import { limitCreateRate } from "./limit-create-rate.ts";
import type { PoolPlan } from "./pool-plan.ts";
import type { PoolSnapshot } from "./pool-snapshot.ts";
import { calculateState } from "./reconciliation-state.ts";

/** Pools that are decided between two pauses. */
const poolsPerTurn = 10;

/** What is to be done about one pool, and what that was decided from. */
export interface PlannedPool {
  readonly snapshot: PoolSnapshot;
  readonly plan: PoolPlan;
}

/**
 * Decides about every pool of the deployment, in the order of the snapshot: each by its own numbers, and then what they
 * may create together, by the builds in flight, the rate of creates and the quotas. Pure and total. The reconciler does
 * what it says, and `explain` and `doctor` show it, so what they show is what the next cycle does.
 *
 * It pauses after every few pools, and goes on when it is asked to, so that a server that plans thousands of pools
 * answers requests in between; pausing changes nothing of the result.
 *
 * @param isSkipped which pools nothing is decided about, as they have no actions anyway: they are left out of the
 *   result, and change nothing about the others. None unless said.
 */
export function* planDeployment(
  deployment: DeploymentSnapshot,
  isSkipped: (snapshot: PoolSnapshot) => boolean = () => false,
): Generator<undefined, readonly PlannedPool[]> {
  const { now, policy, pools } = deployment;
  const byId = poolsById(pools);
  const snapshots: PoolSnapshot[] = [];
  const decided: PoolPlan[] = [];
  let inFlight = 0;
  for (const [nth, pool] of pools.entries()) {
    if (nth % poolsPerTurn === poolsPerTurn - 1) yield;
    const snapshot = poolSnapshot(pool, { now, policy, byId });
    if (isSkipped(snapshot)) {
      // What a daemon still builds for it takes room from the others.
      inFlight += calculateState(snapshot).starting;
      continue;
    }
    const plan = decidePool(snapshot);
    inFlight += plan.state.starting;
    snapshots.push(snapshot);
    decided.push(plan);
  }
  const allocated = allocateInFlight(decided, {
    deploymentInFlight: inFlight,
    deploymentInFlightMax: deployment.inFlightMax,
  });
  const unhurried = limitCreateRate(allocated, deployment.createRate);
  const plans = limitByQuota(unhurried, quotaOf(deployment));
  return snapshots.flatMap((snapshot, nth) => {
    const plan = plans[nth];
    return plan === undefined ? [] : [{ snapshot, plan }];
  });
}

function quotaOf({ pools, quotas }: DeploymentSnapshot): QuotaOfPools {
  if (quotas === null) return { quotas: new Map(), costs: new Map() };
  const costs = pools.flatMap(({ preset, cost }) =>
    cost === 0 ? [] : [[preset.presetId, { organizationId: preset.organizationId, cost }] as const],
  );
  return { quotas, costs: new Map(costs) };
}
