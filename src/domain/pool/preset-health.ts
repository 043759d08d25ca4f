import type { PoolSnapshot } from "./pool-snapshot.ts";

/**
 * Whether a preset's creates can be trusted (spec §3). `since` of a hard limit is the completion of the
 * failure that reached it, as far as the history goes back; `probeAt` is the first instant of the next single try.
 */
export type PresetHealth =
  | { readonly kind: "healthy" }
  | { readonly kind: "hard_limited"; readonly since: number; readonly probeAt: number; readonly failures: number }
  | { readonly kind: "validation_failed"; readonly since: number; readonly message: string };

/** Derives a preset's health from its history alone, so that no stored flag can disagree with it. */
export function presetHealth(snapshot: PoolSnapshot): PresetHealth {
  const { preset, history, policy } = snapshot;
  if (preset.validationFailedAt !== null) {
    const message = preset.validationMessage ?? "the reason was not recorded";
    return { kind: "validation_failed", since: preset.validationFailedAt, message };
  }
  const limit = policy.failureHardLimit;
  if (limit <= 0) return { kind: "healthy" };
  // A server that is killed while it builds a pool loses all of it at once: that is no word against the template.
  const judged = history.completed.filter((build) => build.result !== "abandoned");
  const firstSuccess = judged.findIndex((build) => build.result === "succeeded");
  const streak = firstSuccess < 0 ? judged : judged.slice(0, firstSuccess);
  const reachedBy = streak[streak.length - limit];
  if (reachedBy === undefined) return { kind: "healthy" };
  const newestCompletedAt = streak.reduce(
    (newest, build) => Math.max(newest, build.completedAt),
    reachedBy.completedAt,
  );
  return {
    kind: "hard_limited",
    since: reachedBy.completedAt,
    probeAt: newestCompletedAt + policy.probeIntervalMs,
    failures: streak.length,
  };
}
