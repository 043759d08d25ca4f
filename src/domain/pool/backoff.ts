import type { BuildHistory, PoolPolicy } from "./pool-snapshot.ts";

/** `until` is the last instant at which creates are held: they resume strictly after it. */
export interface Backoff {
  readonly until: number;
  readonly failures: number;
}

/**
 * The pause after failed builds, or null when there is none at `now` (spec §3). It is on while a failure
 * of the look-back window is among the newest max(1, desired) builds, and lasts one interval per failure
 * of the window, counted from the newest failure's creation.
 */
export function backoffAt(
  history: BuildHistory,
  policy: PoolPolicy,
  at: { desired: number; now: number },
): Backoff | null {
  const since = at.now - policy.backoffLookbackMs;
  const isRecentFailure = (build: BuildHistory["completed"][number]): boolean =>
    build.result !== "succeeded" && build.createdAt >= since;
  const newest = history.completed.filter((build) => build.isClaimed !== true).slice(0, Math.max(1, at.desired));
  if (!newest.some(isRecentFailure)) return null;

  const { count, newestCreatedAt } = history.failuresInWindow ?? countFailures(history, isRecentFailure);
  const until = newestCreatedAt + count * policy.backoffIntervalMs;
  return at.now <= until ? { until, failures: count } : null;
}

function countFailures(
  history: BuildHistory,
  isCounted: (build: BuildHistory["completed"][number]) => boolean,
): { count: number; newestCreatedAt: number } {
  let count = 0;
  let newestCreatedAt = Number.NEGATIVE_INFINITY;
  for (const build of history.completed) {
    if (!isCounted(build)) continue;
    count += 1;
    newestCreatedAt = Math.max(newestCreatedAt, build.createdAt);
  }
  return { count, newestCreatedAt };
}
