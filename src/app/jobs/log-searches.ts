import { CodedError } from "../../contracts/errors.ts";
import { logSearchesMax, logSearchesPerPersonMax } from "../../contracts/limits.ts";
import { Places } from "../../platform/places.ts";
import type { Actor } from "../authorize.ts";

const retryAfterSeconds = 5;

/** How many logs are searched at this moment on this server: each takes the database and the processor for seconds. */
export class LogSearches {
  readonly #places = new Places(logSearchesMax);

  /** Looks something up, which counts if it is a search. Errors: `too_many_open`, `server_full`; those of the work. */
  async counted<Result>(actor: Actor, search: string | undefined, work: () => Promise<Result>): Promise<Result> {
    if (search === undefined) return await work();
    const entered = this.#places.enter([{ key: actor.userId, max: logSearchesPerPersonMax }]);
    if (entered.kind === "holder_full") {
      const message = `${logSearchesPerPersonMax} searches of yours go through logs on this server, as many as one person's may.`;
      throw new CodedError("too_many_open", message, { retryAfterSeconds });
    }
    if (entered.kind === "full") {
      const message = "As many searches go through logs on this server as may.";
      throw new CodedError("server_full", message, { retryAfterSeconds });
    }
    try {
      return await work();
    } finally {
      entered.leave();
    }
  }
}
