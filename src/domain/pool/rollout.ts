import type { SurgeProgress } from "./pool-snapshot.ts";

/** Progress of a replacement under `surge`. `stalled`: the new version gets no prebuild ready, and the outdated ones stay. */
export interface Rollout {
  readonly kind: "rolling" | "stalled";
  /** Outdated prebuilds that stay claimable. */
  readonly kept: number;
  /** The instant after which they all go. */
  readonly until: number;
}

/** The state of the roll-out, for people. It has stopped when no replacement is ready and its creates fail. */
export function rolloutOf(surge: SurgeProgress, kept: number): Rollout {
  const isFailing = surge.replacementHealth !== undefined && surge.replacementHealth !== "healthy";
  const isStalled = isFailing && surge.replacementsReady === 0 && surge.replacementsDesired > 0;
  return { kind: isStalled ? "stalled" : "rolling", kept, until: surge.startedAt + surge.maxOutdatedAgeMs };
}
