import { isJobFinished, type JobStatus, type LedgerState, type Transition } from "../../contracts/states.ts";

/** What is so, from builds, jobs and agents: the facts that a ledger row must agree with. */
export interface LedgerFacts {
  /** Transition of the workspace's latest build, and the status of its job. */
  readonly transition: Transition;
  readonly jobStatus: JobStatus;
  readonly claimed: boolean;
  /** Top-level agents of the latest build. */
  readonly agents: { readonly total: number; readonly ready: number };
  /** Whether it was judged that this start did not become ready within its time (spec §2.1); absent: it was not. */
  readonly isUnready?: boolean;
  /** Whether the workspace is gone, with or without a delete build. */
  readonly deleted: boolean;
}

/** The state that a prebuild's row must have. Writers move to it; the consistency checker compares with it. */
export function expectedLedgerState(facts: LedgerFacts): LedgerState {
  // A claimed one has left the pool for good: what becomes of the workspace later is its owner's business.
  if (facts.claimed) return "claimed";
  if (facts.deleted) return "deleted";
  const isActive = !isJobFinished(facts.jobStatus);
  switch (facts.transition) {
    case "start":
      if (isActive) return "building";
      if (facts.jobStatus !== "succeeded" || facts.isUnready === true) return "failed";
      return startedState(facts.agents);
    case "stop":
      // A stop that failed left something behind of unknown use: it must not be handed out either.
      return isActive ? "stopping" : "parked";
    case "delete":
      // A delete that failed is tried again until the thing is gone (spec §3.2).
      return facts.jobStatus === "succeeded" ? "deleted" : "draining";
  }
}

function startedState({ total, ready }: LedgerFacts["agents"]): LedgerState {
  return total > 0 && ready >= total ? "ready" : "starting";
}
