/** What the queue's order looks at. `createdAt` in milliseconds. */
export interface QueuedJob {
  readonly jobId: string;
  readonly createdAt: number;
  /** A claim is a person's job, although the workspace was a prebuild (spec §7). */
  readonly initiator: "person" | "prebuilds";
}

/**
 * The order in which daemons take jobs (spec §7): people's before those of `prebuilds`, within a class the
 * oldest first; equal ages by id, so that every server sees the same order. A comparator for `sort`.
 */
export function compareJobs(one: QueuedJob, other: QueuedJob): number {
  return rank(one) - rank(other) || one.createdAt - other.createdAt || compareText(one.jobId, other.jobId);
}

function rank({ initiator }: QueuedJob): number {
  return initiator === "person" ? 0 : 1;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
