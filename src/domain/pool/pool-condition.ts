import type { PlannedPool } from "./plan-deployment.ts";

export const poolConditions = ["limited", "held", "filling", "healthy", "off"] as const;
/** How a pool is, in one word. */
export type PoolCondition = (typeof poolConditions)[number];

interface ConditionRow {
  readonly condition: PoolCondition;
  readonly when: (pool: PlannedPool) => boolean;
}

/** First match wins. */
const conditionRows: readonly ConditionRow[] = [
  // Nothing is wanted of it: it is switched off or paused, of an older version, or of a template out of use.
  { condition: "off", when: ({ plan: { mode } }) => mode !== "active" },
  // Somebody has to do something, or the next try comes late.
  {
    condition: "limited",
    when: ({ plan, snapshot: { preset } }) =>
      plan.health.kind !== "healthy" || (preset.blockedByRehearsal ?? null) !== null,
  },
  { condition: "held", when: ({ plan }) => plan.held.some(({ count }) => count > 0) },
  { condition: "filling", when: ({ plan: { state } }) => state.eligible < state.desired },
  { condition: "healthy", when: () => true },
];

export function poolCondition(pool: PlannedPool): PoolCondition {
  return conditionRows.find(({ when }) => when(pool))?.condition ?? "healthy";
}

export interface AttentionFacts {
  readonly condition: PoolCondition;
  readonly desired: number;
  readonly eligible: number;
  /** Misses of the last day. */
  readonly missed: number;
  /** `TEMPLATE/PRESET`, which settles what is alike. */
  readonly name: string;
}

/**
 * The order in which pools need somebody's attention: whether people get nothing out of it now comes first, then why, then
 * how much is short, then how many people had to wait.
 */
export function byAttention(one: AttentionFacts, other: AttentionFacts): number {
  const [first, second] = [rank(one), rank(other)];
  const place = first.findIndex((value, nth) => value !== second[nth]);
  if (place >= 0) return (first[place] ?? 0) - (second[place] ?? 0);
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

function rank({ condition, desired, eligible, missed }: AttentionFacts): readonly number[] {
  const isOff = condition === "off";
  const isDry = !isOff && desired > 0 && eligible === 0;
  const shortfall = isOff ? 0 : Math.max(0, desired - eligible);
  return [isDry ? 0 : 1, poolConditions.indexOf(condition), -shortfall, -missed];
}
