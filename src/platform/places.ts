/** Share of the places that is kept for those who hold few. */
const keptShare = 0.25;
/** Who holds fewer than so many is one of them. */
const fewMax = 5;

export interface PlaceHolder {
  readonly key: string;
  readonly max: number;
}

export type Entered =
  | { readonly kind: "entered"; readonly leave: () => void }
  /** This holder has as many as it may. */
  | { readonly kind: "holder_full"; readonly holder: PlaceHolder }
  /** All places together are taken, or only those are left that are kept for who holds few. */
  | { readonly kind: "full" };

/**
 * Places that many share. Each holder has a bound of his own, and the last quarter is for those who hold few: some who
 * take all that they may do not keep out somebody who wants his first.
 */
export class Places {
  readonly #max: number;
  readonly #held = new Map<string, number>();
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  enter(holders: readonly PlaceHolder[]): Entered {
    const full = holders.find(({ key, max }) => this.#heldBy(key) >= max);
    if (full !== undefined) return { kind: "holder_full", holder: full };
    const isFew = holders.every(({ key }) => this.#heldBy(key) < fewMax);
    if (this.#count >= (isFew ? this.#max : Math.ceil(this.#max * (1 - keptShare)))) return { kind: "full" };
    this.#add(holders, 1);
    let isLeft = false;
    const leave = (): void => {
      if (!isLeft) this.#add(holders, -1);
      isLeft = true;
    };
    return { kind: "entered", leave };
  }

  #heldBy(key: string): number {
    return this.#held.get(key) ?? 0;
  }

  #add(holders: readonly PlaceHolder[], change: 1 | -1): void {
    this.#count += change;
    for (const { key } of holders) {
      const left = this.#heldBy(key) + change;
      if (left === 0) this.#held.delete(key);
      else this.#held.set(key, left);
    }
  }
}
