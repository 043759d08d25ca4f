import { CodedError } from "../../contracts/errors.ts";
import { claimWaitersMax } from "../../contracts/limits.ts";

/** How many creations wait for a prebuild on this server. */
export class ClaimWaiters {
  #count = 0;

  /**
   * Counts one more.
   * @returns what counts it off again.
   * Errors: `too_many_waiters`.
   */
  enter(): () => void {
    if (this.#count >= claimWaitersMax) {
      const message = `${claimWaitersMax} creations are waiting for a prebuild on this server already.`;
      throw new CodedError("too_many_waiters", message, { retryAfterSeconds: 5 });
    }
    this.#count += 1;
    return () => {
      this.#count -= 1;
    };
  }
}
