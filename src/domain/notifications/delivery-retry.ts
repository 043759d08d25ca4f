/** Attempts after which a delivery is given up: with the waits below some nine hours. */
export const deliveryAttemptsMax = 12;
const retryBaseMs = 15_000;
const retryMaxMs = 2 * 3_600_000;
/** Share of a wait by which chance shortens it, so that what failed together is not tried again together. */
const jitterShare = 0.2;

export type AfterFailure = { readonly kind: "retry"; readonly waitMs: number } | { readonly kind: "dead" };

/** What follows after the failure of attempt number `attempts`, the first being 1. `chance` is in [0, 1). */
export function afterFailure(attempts: number, chance: number): AfterFailure {
  if (attempts >= deliveryAttemptsMax) return { kind: "dead" };
  const fullMs = Math.min(retryBaseMs * 2 ** (attempts - 1), retryMaxMs);
  return { kind: "retry", waitMs: Math.round(fullMs * (1 - jitterShare * chance)) };
}
