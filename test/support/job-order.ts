/** What the queue's order looks at. `createdAt` in milliseconds. */
export interface QueuedJob {
  readonly jobId: string;
  readonly createdAt: number;
  /** A claim is a person's job, although the workspace was a prebuild (spec §7). */
  readonly initiator: "person" | "prebuilds";
  /** A pool's delete: it makes room, so it comes before any create. */
  readonly isPoolRemoval?: boolean;
}

/**
 * The order in which daemons take jobs (spec §7): people's before those of `prebuilds`, and of those the deletes before
 * the creates; within a class the oldest first; equal ages by id, so that every server sees the same order. A comparator
 * for `sort`, written apart from the SQL of `db/jobs/job-leases.ts`, so that tests can compare the two.
 */
export function compareJobs(one: QueuedJob, other: QueuedJob): number {
  return rank(one) - rank(other) || one.createdAt - other.createdAt || compareText(one.jobId, other.jobId);
}

function rank({ initiator, isPoolRemoval }: QueuedJob): number {
  if (initiator === "person") return 0;
  return isPoolRemoval === true ? 1 : 2;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
