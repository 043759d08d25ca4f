import type { LedgerState } from "../../contracts/states.ts";

/**
 * What a row may become next. A writer that finds another state has lost a race and must do nothing. Writers declare
 * their moves (`db/ledger/ledger-writes.ts`), and one that is not in here is refused at the start.
 */
export const ledgerTransitions: Readonly<Record<LedgerState, readonly LedgerState[]>> = {
  // Straight to ready when the agents were faster than the job; deleted when it was cancelled before a daemon took it.
  building: ["starting", "ready", "failed", "deleted"],
  // Failed when it did not become ready within its time.
  starting: ["ready", "failed", "building", "stopping", "draining"],
  ready: ["claimed", "starting", "building", "stopping", "draining"],
  // Nothing leads back into the pool.
  claimed: [],
  stopping: ["parked"],
  parked: ["building", "stopping", "draining"],
  // Its delete is tried again until it is gone, and nothing else is done with it.
  draining: ["deleted"],
  failed: ["building", "stopping", "draining"],
  deleted: [],
};

/** Whether a row may go from one state to another. Staying is no transition. */
export function ledgerCan(from: LedgerState, to: LedgerState): boolean {
  return ledgerTransitions[from].includes(to);
}
