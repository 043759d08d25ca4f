import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { isWanted } from "../api/leaving.ts";

/**
 * Whatever happens on the server, no key is asked for more often than this. What changes right after an answer is to be
 * seen within half a second of it, with the way there and the drawing in it.
 */
const refetchGapMs = 400;

/** Asks again for what begins with a key: at once, then at most each 400 ms, and for the last news too. */
export class RefetchPace {
  readonly #client: QueryClient;
  readonly #isVisible: () => boolean;
  /** Keys that are resting or being asked for, and whether there was news meanwhile. */
  readonly #busy = new Map<string, boolean>();

  constructor(client: QueryClient, isVisible: () => boolean) {
    this.#client = client;
    this.#isVisible = isVisible;
  }

  refetch(queryKey: QueryKey): void {
    // Whoever looks again has everything asked for anew.
    if (!this.#isVisible()) return;
    const name = JSON.stringify(queryKey);
    if (this.#busy.has(name)) return void this.#busy.set(name, true);
    this.#busy.set(name, false);
    const rested = new Promise((resolve) => setTimeout(resolve, refetchGapMs));
    // Refusals are the queries' own; nobody waits for them here.
    void Promise.allSettled([this.#client.invalidateQueries({ queryKey, predicate: isWanted }), rested]).then(() => {
      const hasNews = this.#busy.get(name) === true;
      this.#busy.delete(name);
      if (hasNews) this.refetch(queryKey);
    });
  }

  refetchAll(): void {
    if (this.#isVisible()) void this.#client.invalidateQueries({ predicate: isWanted });
  }
}
