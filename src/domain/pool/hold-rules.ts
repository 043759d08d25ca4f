import type { HeldReason } from "../../contracts/states.ts";
import { backoffAt } from "./backoff.ts";
import { failureClause } from "./last-failure.ts";
import type { Held, PoolMode, RuleAnswer } from "./pool-plan.ts";
import type { PoolSnapshot } from "./pool-snapshot.ts";
import type { PresetHealth } from "./preset-health.ts";
import type { ReconciliationState } from "./reconciliation-state.ts";

export interface HoldContext {
  readonly snapshot: PoolSnapshot;
  readonly mode: PoolMode;
  readonly state: ReconciliationState;
  readonly health: PresetHealth;
  readonly wanted: number;
  /** Prebuilds that the same plan removes: they will show nothing any more. */
  readonly removed: ReadonlySet<string>;
}

export interface HoldOutcome {
  /** Creates that nothing holds. */
  readonly allowed: number;
  /** Whether the one allowed create is the try of a hard-limited preset. */
  readonly isProbe: boolean;
  readonly held: readonly Held[];
  readonly answers: readonly RuleAnswer[];
}

/** How many of the wanted creates a rule lets pass, and until when it holds the rest; null: it holds nothing. */
type Verdict = { readonly allowed: number; readonly detail: string; readonly until?: number } | null;

interface HoldRule {
  readonly reason: HeldReason;
  readonly judge: (context: HoldContext, remaining: number) => Verdict;
  /** Said when it holds nothing. */
  readonly otherwise: string;
}

/** Asked in this order about what the one before let pass. The first that holds everything is the reason shown. */
const holdRules: readonly HoldRule[] = [
  {
    reason: "disabled",
    judge: ({ mode }) => (mode === "disabled" ? { allowed: 0, detail: "prebuilds are switched off" } : null),
    otherwise: "prebuilds are switched on",
  },
  {
    reason: "paused",
    judge: ({ mode }) => (mode === "paused" ? { allowed: 0, detail: "reconciliation is paused" } : null),
    otherwise: "reconciliation is not paused",
  },
  { reason: "claim_replaces", judge: judgeRehearsal, otherwise: "the claim rehearsal does not block the pool" },
  // Before backoff and limit: it will not pass by itself, so "in a minute" would be a lie.
  { reason: "validation_failed", judge: judgeValidation, otherwise: "no create was refused because of its input" },
  // Before backoff: its cool-down is the longer one, and its probe must not wait for both.
  { reason: "hard_limited", judge: judgeHardLimit, otherwise: "the newest builds did not all fail" },
  { reason: "backoff", judge: judgeBackoff, otherwise: "no recent failure asks for a pause" },
  { reason: "in_flight_limit", judge: judgeInFlight, otherwise: "the preset may start as many builds as it wants" },
];

/** Asks every rule that may hold creates back (spec §3). `allowed` and the held counts add up to `wanted`. */
export function holdBack(context: HoldContext): HoldOutcome {
  const held: Held[] = [];
  const answers: RuleAnswer[] = [];
  let remaining = context.wanted;
  let settledBy: HeldReason | null = null;
  for (const { reason, judge, otherwise } of holdRules) {
    if (settledBy !== null) {
      answers.push({ name: reason, answer: "not_asked", because: `settled by "${settledBy}"` });
      continue;
    }
    const verdict = judge(context, remaining);
    if (verdict === null) {
      answers.push({ name: reason, answer: "no", because: otherwise });
      continue;
    }
    const allowed = Math.min(remaining, verdict.allowed);
    const until = verdict.until === undefined ? {} : { until: verdict.until };
    held.push({ reason, count: remaining - allowed, ...until, detail: verdict.detail });
    answers.push({ name: reason, answer: "yes", because: verdict.detail });
    remaining = allowed;
    if (remaining === 0) settledBy = reason;
  }
  return { allowed: remaining, isProbe: remaining > 0 && context.health.kind === "hard_limited", held, answers };
}

function judgeRehearsal({ snapshot }: HoldContext): Verdict {
  const why = snapshot.preset.blockedByRehearsal ?? null;
  return why === null ? null : { allowed: 0, detail: `nothing of it is handed out: ${why}` };
}

function judgeValidation({ health }: HoldContext): Verdict {
  if (health.kind !== "validation_failed") return null;
  return {
    allowed: 0,
    detail: `creating was refused because of its input: ${health.message}; publish a corrected version`,
  };
}

function judgeHardLimit({ health, snapshot, state, removed }: HoldContext): Verdict {
  if (health.kind !== "hard_limited") return null;
  const { failureHardLimit } = snapshot.policy;
  const which = failureHardLimit === 1 ? "prebuild" : `${failureHardLimit} prebuilds`;
  const what = `the newest ${which} failed${failureClause(snapshot.lastFailure)}`;
  if (snapshot.now < health.probeAt) {
    return { allowed: 0, until: health.probeAt, detail: `${what}; one single create is tried after the cool-down` };
  }
  if (state.starting > 0 || isOneUndecided(snapshot, removed)) {
    return { allowed: 0, detail: `${what}; one under way will show whether it works again` };
  }
  return { allowed: 1, detail: `${what}; the cool-down is over and one single create is tried` };
}

/** Whether a build has ended well and its prebuild has still to become ready: only that says that it works again. */
function isOneUndecided({ prebuilds }: PoolSnapshot, removed: HoldContext["removed"]): boolean {
  return prebuilds.some(
    ({ workspaceId, state, readyAt }) => state === "starting" && readyAt === null && !removed.has(workspaceId),
  );
}

function judgeBackoff({ health, snapshot, state }: HoldContext): Verdict {
  // What the hard limit let pass is its probe, and that has waited for a cool-down of its own.
  if (health.kind === "hard_limited") return null;
  const backoff = backoffAt(snapshot.history, snapshot.policy, { desired: state.desired, now: snapshot.now });
  if (backoff === null) return null;
  const failures = backoff.failures === 1 ? "1 recent prebuild failed" : `${backoff.failures} recent prebuilds failed`;
  return { allowed: 0, until: backoff.until, detail: `${failures}${failureClause(snapshot.lastFailure)}` };
}

function judgeInFlight({ snapshot, state }: HoldContext, remaining: number): Verdict {
  const { inFlightPerPresetMax } = snapshot.policy;
  if (inFlightPerPresetMax <= 0) return null;
  const allowed = Math.max(inFlightPerPresetMax - state.starting, 0);
  if (allowed >= remaining) return null;
  return { allowed, detail: `a preset may start ${inFlightPerPresetMax} at a time` };
}
