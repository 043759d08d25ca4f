/**
 * The states of every stateful thing, and what each permits.
 * One table serves the server (which refuses), the CLI and the dashboard (which explain).
 */

export const ledgerStates = [
  "building",
  "starting",
  "ready",
  "claimed",
  "stopping",
  "parked",
  "draining",
  "failed",
  "deleted",
] as const;
/** State of a prebuild's row in the ledger (see `docs/glossary.md`). */
export type LedgerState = (typeof ledgerStates)[number];

export const transitions = ["start", "stop", "delete"] as const;
/** What a build does to its workspace. */
export type Transition = (typeof transitions)[number];

export const jobStatuses = ["pending", "running", "canceling", "succeeded", "failed", "canceled"] as const;
/** Status of a provisioner job. */
export type JobStatus = (typeof jobStatuses)[number];

export const agentStates = [
  "created",
  "starting",
  "ready",
  "start_error",
  "start_timeout",
  "shutting_down",
  "off",
] as const;
/** Lifecycle state that an agent reports of itself. */
export type AgentState = (typeof agentStates)[number];

export const buildStages = ["prebuild", "claim", "ordinary"] as const;
/** Why a build runs: ahead of demand, to hand over, or for its owner. */
export type BuildStage = (typeof buildStages)[number];

export const heldReasons = [
  "backoff",
  "hard_limited",
  "validation_failed",
  "paused",
  "disabled",
  "quota",
  "in_flight_limit",
  "create_rate",
  "claim_replaces",
] as const;
/**
 * Why creates of a pool are held back (spec §3). Deletes are never held. `create_rate`: the deployment has created as
 * many in this minute as it may; `claim_replaces`: handing the pool's prebuilds over would ruin them (spec §5).
 */
export type HeldReason = (typeof heldReasons)[number];

export const missReasons = [
  "no_preset",
  "no_pool",
  "parameters_differ",
  "pool_empty",
  "none_ready",
  "all_expired",
  "draining",
  "outdated",
  "deprecated",
  "disabled",
  "contended",
  "claim_replaces",
  "unproven",
] as const;
/** Why a creation was not served by a claim (spec §4). */
export type MissReason = (typeof missReasons)[number];

/** What a workspace is doing, in one word for people. */
export const workspaceStatuses = [
  "pending",
  "starting",
  "running",
  "stopping",
  "stopped",
  "deleting",
  "deleted",
  "failed",
  "canceling",
  "canceled",
] as const;

/** Whether a job with this status will never change again. */
export function isJobFinished(status: JobStatus): boolean {
  return status === "succeeded" || status === "failed" || status === "canceled";
}

/** How a pool is, in one word. */
export const poolConditions = ["limited", "held", "filling", "healthy", "off"] as const;
