import { seededRandom } from "../../src/platform/random.ts";

/** Seeded chance, as the fuzzer draws it: the same seed gives the same requests. */
export class Chance {
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** In [0, count). */
  below(count: number): number {
    return Math.floor(this.#random.float() * count);
  }

  is(probability: number): boolean {
    return this.#random.float() < probability;
  }

  oneOf<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)];
    if (value === undefined && values.length === 0) throw new Error("there is nothing to draw from");
    return value as Value;
  }

  uuid(): string {
    return this.#random.uuid();
  }

  word(): string {
    return this.#random.base32(1 + this.below(8));
  }
}
