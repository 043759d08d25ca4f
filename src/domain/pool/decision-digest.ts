import type { PoolPlan } from "./pool-plan.ts";

/** The part of a decision that makes it this decision; a plan has it, and so has a record of one. */
export type DecisionCore = Pick<PoolPlan, "mode" | "wanted" | "actions" | "held" | "rules"> & {
  readonly state: Pick<PoolPlan["state"], "desired" | "source" | "scheduleError">;
  readonly rollout?: PoolPlan["rollout"];
};

/**
 * A short text that is the same for the same decision and does not change as time passes: ages, and counts
 * that led to no other answer, are left out. A record is stored only when it differs from the one before.
 * Not for security: two different decisions collide about once in 2^53.
 */
export function decisionDigest(decision: DecisionCore): string {
  const { mode, wanted, actions, held, rules, rollout, state } = decision;
  return hash53(
    JSON.stringify([
      mode,
      wanted,
      state.desired,
      state.source,
      state.scheduleError ?? null,
      actions,
      held.map(({ reason, count, until, detail }) => [reason, count, until ?? null, detail]),
      rules.map(({ name, answer }) => [name, answer]),
      rollout === undefined ? null : [rollout.kind, rollout.kept, rollout.until],
    ]),
  );
}

/** Two interleaved multiplicative hashes (the constants are MurmurHash3's), 53 bits as 14 hexadecimal digits. */
function hash53(text: string): string {
  let high = 0xdead_beef;
  let low = 0x41c6_ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x85eb_ca6b);
    low = Math.imul(low ^ unit, 0xc2b2_ae35);
  }
  high = Math.imul(high ^ (high >>> 16), 0xc2b2_ae35) ^ Math.imul(low ^ (low >>> 13), 0x85eb_ca6b);
  low = Math.imul(low ^ (low >>> 16), 0xc2b2_ae35) ^ Math.imul(high ^ (high >>> 13), 0x85eb_ca6b);
  return (0x1_0000_0000 * (0x1f_ffff & low) + (high >>> 0)).toString(16).padStart(14, "0");
}
