/**
 * Lets the first of many pass at once, makes one of all that come within `intervalMs` after it, and never loses the last.
 */
export class PokePace {
  readonly #poke: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isOwed = false;

  constructor(poke: () => void, intervalMs: number) {
    this.#poke = poke;
    this.#intervalMs = intervalMs;
  }

  hear(): void {
    if (this.#timer !== undefined) {
      this.#isOwed = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isOwed) return;
      this.#isOwed = false;
      this.hear();
    }, this.#intervalMs);
    this.#poke();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isOwed = false;
  }
}
