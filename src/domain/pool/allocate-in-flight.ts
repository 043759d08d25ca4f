import type { PoolPlan } from "./pool-plan.ts";
import { shareCreates } from "./share-creates.ts";

export interface InFlightAllowance {
  /** Prebuild builds that are pending or running in the whole deployment. */
  readonly deploymentInFlight: number;
  /** 0 = no limit. */
  readonly deploymentInFlightMax: number;
}

/** Shares the deployment's free build slots among the pools that want to create (spec §3, in-flight limit). */
export function allocateInFlight(plans: readonly PoolPlan[], allowance: InFlightAllowance): readonly PoolPlan[] {
  const { deploymentInFlight, deploymentInFlightMax } = allowance;
  if (deploymentInFlightMax <= 0) return plans;
  const detail = `the deployment may start ${deploymentInFlightMax} prebuilds at a time`;
  return shareCreates(plans, deploymentInFlightMax - deploymentInFlight, { reason: "in_flight_limit", detail });
}
