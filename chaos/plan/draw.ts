import { seededRandom } from "../../src/platform/random.ts";

/** Chance of one purpose: the same seed and purpose give the same draws, whatever else was drawn meanwhile. */
export interface Draw {
  /** In [0, 1). */
  float(): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  pick<Value>(values: readonly Value[]): Value;
  /** By weight. */
  weighted<Value>(rows: readonly (readonly [Value, number])[]): Value;
  shuffled<Value>(values: readonly Value[]): readonly Value[];
}

export function drawFor(seed: number, purpose: string): Draw {
  const random = seededRandom(hashOf(`${seed} ${purpose}`));
  const float = (): number => random.float();
  const between = (low: number, high: number): number => low + Math.floor(float() * (high - low + 1));
  const pick = <Value>(values: readonly Value[]): Value => {
    const found = values[between(0, values.length - 1)];
    if (found === undefined) throw new Error("There is nothing to pick from.");
    return found;
  };
  const weighted = <Value>(rows: readonly (readonly [Value, number])[]): Value => {
    let left = float() * rows.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of rows) {
      left -= weight;
      if (left < 0) return value;
    }
    return pick(rows)[0];
  };
  const shuffled = <Value>(values: readonly Value[]): readonly Value[] =>
    values
      .map((value) => ({ value, order: float() }))
      .sort((one, other) => one.order - other.order)
      .map(({ value }) => value);
  return { float, between, pick, weighted, shuffled };
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
