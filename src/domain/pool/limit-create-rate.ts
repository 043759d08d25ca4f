import type { PoolPlan } from "./pool-plan.ts";
import { shareCreates } from "./share-creates.ts";

/** The time that the rate is about. */
export const createRateWindowMs = 60_000;

export interface CreateRate {
  /** Most prebuilds that the deployment creates within any minute; 0 = no limit. */
  readonly createsPerMinuteMax: number;
  /** Prebuilds that were created within the last minute, and the instant of the oldest of them. */
  readonly createdCount: number;
  readonly oldestCreatedAt: number | null;
}

/**
 * Holds the creates that would make more than so many within a minute. What counts is what was really created, so
 * nothing but the prebuilds' own rows needs to be remembered, whoever reconciles.
 */
export function limitCreateRate(plans: readonly PoolPlan[], rate: CreateRate): readonly PoolPlan[] {
  const { createsPerMinuteMax, createdCount, oldestCreatedAt } = rate;
  if (createsPerMinuteMax <= 0) return plans;
  const detail = `the deployment may create ${createsPerMinuteMax} prebuilds a minute`;
  // With nothing created lately there is no instant to wait for: the rate itself is smaller than what is wanted.
  const until = oldestCreatedAt === null ? {} : { until: oldestCreatedAt + createRateWindowMs };
  return shareCreates(plans, createsPerMinuteMax - createdCount, { reason: "create_rate", detail, ...until });
}
