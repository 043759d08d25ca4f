import type { ClaimTimes } from "../app/agents/agents.ts";
import type { completeJob } from "../app/provisioner/report-jobs.ts";
import type { Created } from "../app/workspaces/create-workspace.ts";
import { CodedError } from "../contracts/errors.ts";
import type { Metrics } from "../platform/metrics/metrics.ts";

// What this server sees for itself: a request, an agent's word, a daemon's word. The server that sees it observes it.

const seconds = (from: Date, until: Date): number => (until.getTime() - from.getTime()) / 1_000;

/** Measures a creation from the request to the commit. Requests that were wrong in themselves are no claims. */
export async function measureCreation(
  { metrics, monotonicMs }: { readonly metrics: Metrics; readonly monotonicMs: () => number },
  create: () => Promise<Created>,
): Promise<Created> {
  const begun = monotonicMs();
  const observe = (outcome: "claimed" | "missed" | "refused"): void =>
    metrics.observe(
      "prebuilt_workspace_claim_duration_seconds",
      { phase: "commit", outcome },
      (monotonicMs() - begun) / 1_000,
    );
  try {
    const created = await create();
    // A repeated request that is told what the first one did has created nothing.
    if (created.timings.createMs > 0) observe(created.outcome === "claimed" ? "claimed" : "missed");
    return created;
  } catch (error) {
    if (error instanceof CodedError && isRefusal(error)) observe("refused");
    throw error;
  }
}

function isRefusal({ code }: CodedError): boolean {
  return code === "no_claimable_prebuild" || code === "prebuilds_disabled";
}

/** Measures a hand-over, on the first word of each agent that it knows its owner. */
export function measureHandOver(metrics: Metrics, times: ClaimTimes, outcome: "succeeded" | "failed"): void {
  const { claimedAt, handedOverAt, acknowledgedAt } = times;
  const name = "prebuilt_workspace_claim_duration_seconds";
  metrics.observe(name, { phase: "hand_over", outcome }, seconds(claimedAt, handedOverAt));
  metrics.observe(name, { phase: "usable", outcome }, seconds(claimedAt, acknowledgedAt));
}

/** Measures a job that a daemon has ended, and the creation that it may have been. */
export function measureJob(metrics: Metrics, job: Awaited<ReturnType<typeof completeJob>>, outcome: string): void {
  const { kind, transition, stage, startedAt, createdAt, endedAt } = job;
  const jobClass = !job.isPrebuild ? "people" : transition === "delete" ? "removals" : "prebuilds";
  const jobKind = kind !== "build" ? kind : stage === "claim" ? "claim" : (transition ?? "start");
  if (startedAt !== null) {
    metrics.observe("provisioner_job_wait_seconds", { class: jobClass }, seconds(createdAt, startedAt));
    metrics.observe("provisioner_job_duration_seconds", { kind: jobKind, outcome }, seconds(startedAt, endedAt));
  }
  if (kind !== "build" || job.buildNumber !== 1 || outcome !== "succeeded") return;
  const type = job.isPrebuild ? "prebuild" : "regular";
  metrics.observe("workspace_creation_duration_seconds", { type }, seconds(createdAt, endedAt));
}
