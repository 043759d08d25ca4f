import type { Held, PoolAction, PoolPlan } from "./pool-plan.ts";
import { plannedCreates } from "./pool-plan.ts";

/**
 * The plan with at most `allowed` creates, the rest held for a reason found out later than the decision:
 * the deployment's in-flight limit, or a quota. Deletes and cancellations stay as they are.
 */
export function holdCreates(plan: PoolPlan, allowed: number, because: Omit<Held, "count">): PoolPlan {
  const planned = plannedCreates(plan);
  if (planned <= allowed) return plan;
  const actions = plan.actions.flatMap((action): readonly PoolAction[] => {
    if (action.kind !== "create") return [action];
    return allowed <= 0 ? [] : [{ ...action, count: allowed }];
  });
  const held: readonly Held[] = [...plan.held, { ...because, count: planned - Math.max(allowed, 0) }];
  const rule = { name: `deployment_${because.reason}`, answer: "yes", because: because.detail } as const;
  return { ...plan, actions, held, rules: [...plan.rules, rule] };
}
