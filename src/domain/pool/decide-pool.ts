import { holdBack } from "./hold-rules.ts";
import { decideMode } from "./pool-mode.ts";
import type { PoolAction, PoolMode, PoolPlan, RuleAnswer } from "./pool-plan.ts";
import { isActivePreset, type PoolSnapshot } from "./pool-snapshot.ts";
import { presetHealth } from "./preset-health.ts";
import { calculateState, isRunning, type ReconciliationState, wantedCreates } from "./reconciliation-state.ts";
import { isCancellable, planRemovals } from "./removals.ts";
import { rolloutOf } from "./rollout.ts";
import { outdatedToKeep } from "./surge.ts";

/**
 * Decides what to do about one pool (spec §3). Pure and total: the same snapshot gives the same plan, and
 * nothing in it can make this fail. The plan's actions are to be applied in their order.
 */
export function decidePool(snapshot: PoolSnapshot): PoolPlan {
  const state = calculateState(snapshot);
  const health = presetHealth(snapshot);
  const { mode, answers } = decideMode(snapshot);
  const removals = planRemovals(snapshot, mode, state);
  const wanted = wantedCreates(state);
  // An inactive preset wants nothing, so nothing of it can be held; a stopped loop is shown everywhere.
  const isHoldable = isActivePreset(snapshot.preset) || mode === "disabled" || mode === "paused";
  const holds = isHoldable
    ? holdBack({ snapshot, mode, state, health, wanted, removed: removedBy(removals) })
    : { allowed: 0, isProbe: false, held: [], answers: [] };
  const creates: readonly PoolAction[] =
    holds.allowed === 0
      ? []
      : [{ kind: "create", count: holds.allowed, because: holds.isProbe ? "probe" : "below_desired" }];
  return {
    presetId: snapshot.preset.presetId,
    mode,
    state,
    health,
    wanted,
    actions: [...removals, ...creates],
    held: holds.held,
    rules: [...answers, ...numberRules(mode, state, wanted), ...surgeRules(snapshot, mode, state), ...holds.answers],
    ...rolloutPart(snapshot, mode, state),
  };
}

function removedBy(removals: readonly PoolAction[]): ReadonlySet<string> {
  const ids = removals.flatMap((action) =>
    action.kind === "create" ? [] : action.prebuilds.map(({ workspaceId }) => workspaceId),
  );
  return new Set(ids);
}

/**
 * Whether a pool can be skipped before any work is started for it: it is inactive, and has nothing
 * running, expired or pending. A pool that can be skipped never has actions.
 */
export function canSkip(snapshot: PoolSnapshot): boolean {
  return (
    !isActivePreset(snapshot.preset) &&
    !snapshot.prebuilds.some((prebuild) => isRunning(prebuild) || isCancellable(prebuild))
  );
}

function numberRules(mode: PoolMode, state: ReconciliationState, wanted: number): readonly RuleAnswer[] {
  const { expired, extraneous, actual, desired, starting } = state;
  const fresh = actual - expired;
  const rows: readonly RuleAnswer[] = [
    row("expired", expired > 0, `${expired} of ${actual} running are past their time to live or invalidated`),
    row("extraneous", extraneous > 0, `${fresh} not expired, ${desired} desired`),
    row("below_desired", wanted > 0, `${fresh} not expired and ${starting} starting, ${desired} desired`),
  ];
  if (mode === "active") return rows;
  return rows.map(({ name }) => ({ name, answer: "not_asked", because: `settled by "${mode}"` }));
}

function surgeRules(snapshot: PoolSnapshot, mode: PoolMode, state: ReconciliationState): readonly RuleAnswer[] {
  if (mode !== "surging" || snapshot.surge === undefined) return [];
  const { replacementsReady, replacementsDesired } = snapshot.surge;
  const isSuperfluous = state.actual - state.expired > outdatedToKeep(snapshot.surge);
  return [row("outdated", isSuperfluous, `${replacementsReady} of ${replacementsDesired} replacements are ready`)];
}

function row(name: string, applies: boolean, because: string): RuleAnswer {
  return { name, answer: applies ? "yes" : "no", because };
}

function rolloutPart(snapshot: PoolSnapshot, mode: PoolMode, state: ReconciliationState): Pick<PoolPlan, "rollout"> {
  if (mode !== "surging" || snapshot.surge === undefined) return {};
  const kept = Math.min(outdatedToKeep(snapshot.surge), state.actual - state.expired);
  return { rollout: rolloutOf(snapshot.surge, kept) };
}
