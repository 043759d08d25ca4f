import type { PoolSnapshot, SurgeProgress } from "./pool-snapshot.ts";

/** Whether the outdated prebuilds of this pool stay claimable until their replacements are ready. */
export function isSurging({ preset, surge, now }: PoolSnapshot): boolean {
  const isOnlyOutdated = !preset.versionIsActive && !preset.templateDeleted && !preset.templateDeprecated;
  return isOnlyOutdated && preset.rollout === "surge" && surge !== undefined && !isPastSurge(surge, now);
}

/** Whether outdated prebuilds have stayed as long as they may: from then on all of them go (spec §3.3). */
export function isPastSurge(surge: SurgeProgress, now: number): boolean {
  return now - surge.startedAt > surge.maxOutdatedAgeMs;
}

/**
 * How many outdated prebuilds must stay so that, together with the replacements that are ready, the
 * desired number can be claimed.
 */
export function outdatedToKeep(surge: SurgeProgress): number {
  return Math.max(surge.replacementsDesired - surge.replacementsReady, 0);
}
