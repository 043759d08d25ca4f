import type { ClaimedRow, ClaimInput, ReadySince } from "../../db/claims/claim.ts";

/**
 * For so long a pool's claims begin where its oldest was found, and not at the entries of those claimed before, which
 * stay in the index while any statement can see them (a consistency check of seconds is enough). A prebuild older than
 * that, which a claim gave back or whose agent came back, waits so long for its turn, unless there is no other.
 */
const placeKeptMs = 200;
const placesMax = 1_000;
export const fromTheOldest = "-infinity";

interface Place {
  readonly readySince: Date;
  readonly untilMs: number;
}

/** The pool that a claim is about, as a key. */
export function poolKeyOf(input: ClaimInput): string {
  return `${input.presetId} ${input.isOutdatedAllowed}`;
}

/** Where the oldest prebuild of each pool was found last. */
export class ClaimPlaces {
  readonly #places = new Map<string, Place>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  of(input: ClaimInput): ReadySince {
    const place = this.#places.get(poolKeyOf(input));
    return place === undefined || this.#monotonicMs() > place.untilMs ? fromTheOldest : place.readySince;
  }

  /** Notes where a look from the oldest found some; a pool that had none is looked through from its oldest again. */
  remember(input: ClaimInput, claimed: readonly ClaimedRow[]): void {
    if (this.#places.size >= placesMax) this.#places.clear();
    const newestMs = Math.max(...claimed.map((row) => row.ready_at.getTime()));
    if (!Number.isFinite(newestMs)) this.#places.delete(poolKeyOf(input));
    else {
      const untilMs = this.#monotonicMs() + placeKeptMs;
      this.#places.set(poolKeyOf(input), { readySince: new Date(newestMs), untilMs });
    }
  }
}
