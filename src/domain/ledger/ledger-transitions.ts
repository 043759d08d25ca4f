import type { LedgerState } from "../../contracts/states.ts";

/** What a row may become next. A writer that finds another state has lost a race and must do nothing. */
export const ledgerTransitions: Readonly<Record<LedgerState, readonly LedgerState[]>> = {
  // Straight to ready when the agents were faster than the job; deleted when it was cancelled before a daemon took it.
  building: ["starting", "ready", "failed", "draining", "deleted"],
  starting: ["ready", "building", "stopping", "draining"],
  ready: ["claimed", "starting", "building", "stopping", "draining"],
  // Nothing leads back into the pool.
  claimed: [],
  stopping: ["parked"],
  parked: ["building", "draining"],
  draining: ["deleted"],
  failed: ["building", "draining", "deleted"],
  deleted: [],
};

/** Whether a row may go from one state to another. Staying is no transition. */
export function ledgerCan(from: LedgerState, to: LedgerState): boolean {
  return ledgerTransitions[from].includes(to);
}
