import type { ServerId } from "../contracts/ids.ts";
import { acquireLease, releaseLease } from "../db/servers/leases.ts";
import type { Db } from "../db/store.ts";

/** How long a lease lasts after its holder died: another server takes over then. */
const leaseMs = 15_000;
/** A holder renews when this much or less is left, so that runs at a high rate do not write each time. */
const renewBelowMs = 8_000;

export interface Lease {
  /** Whether this server may act now. Cheap while the lease is fresh. */
  hold(): Promise<boolean>;
  release(): Promise<void>;
}

/** A named lease of this server: at most one server acts at a time, and a dead one is replaced within 15 s. */
export function createLease(
  db: Db,
  options: { readonly name: string; readonly holder: ServerId; readonly monotonicMs: () => number },
): Lease {
  let freshUntil = Number.NEGATIVE_INFINITY;
  return {
    hold: async () => {
      const askedAt = options.monotonicMs();
      if (askedAt < freshUntil - renewBelowMs) return true;
      const isHeld = await acquireLease(db, { name: options.name, holder: options.holder, durationMs: leaseMs });
      // Counted from before the question, so that it is never believed to last longer than it does.
      freshUntil = isHeld ? askedAt + leaseMs : Number.NEGATIVE_INFINITY;
      return isHeld;
    },
    release: async () => {
      if (freshUntil === Number.NEGATIVE_INFINITY) return;
      freshUntil = Number.NEGATIVE_INFINITY;
      await releaseLease(db, options.name, options.holder);
    },
  };
}
