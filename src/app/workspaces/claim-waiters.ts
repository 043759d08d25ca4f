import { CodedError } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import { claimWaitersMax, claimWaitersPerPersonMax } from "../../contracts/limits.ts";
import { Places } from "../../platform/places.ts";

const retryAfterSeconds = 5;

/** How many creations wait for a prebuild on this server. */
export class ClaimWaiters {
  readonly #places = new Places(claimWaitersMax);

  /**
   * Counts one more.
   * @returns what counts it off again.
   * Errors: `too_many_open` for somebody who has as many waits as one may; `too_many_waiters`.
   */
  enter(userId: UserId): () => void {
    const entered = this.#places.enter([{ key: userId, max: claimWaitersPerPersonMax }]);
    if (entered.kind === "entered") return entered.leave;
    if (entered.kind === "holder_full") {
      const message = `You have ${claimWaitersPerPersonMax} creations that wait for a prebuild on this server, as many as one person may.`;
      throw new CodedError("too_many_open", message, { retryAfterSeconds });
    }
    const message = "As many creations wait for a prebuild on this server as may.";
    throw new CodedError("too_many_waiters", message, { retryAfterSeconds });
  }
}
