export type Outcome<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "error"; readonly error: unknown };

/** All values, where nothing failed. Errors: the first one. */
export function valuesOf<Value>(outcomes: readonly Outcome<Value>[]): readonly Value[] {
  return outcomes.map((outcome) => {
    if (outcome.kind === "error") throw outcome.error;
    return outcome.value;
  });
}

/**
 * Runs `work` over all items, at most `limit` at a time (at least 1), and answers in the items' order.
 * One item's error never stops another's, so it never rejects.
 */
export async function mapBounded<Item, Value>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Value>,
): Promise<readonly Outcome<Value>[]> {
  const outcomes: Outcome<Value>[] = [];
  outcomes.length = items.length;
  // One shared iterator: each lane takes the next item when it is free.
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        outcomes[index] = { kind: "value", value: await work(item, index) };
      } catch (error) {
        outcomes[index] = { kind: "error", error };
      }
    }
  };
  const lanes = Math.min(items.length, Math.max(1, Math.floor(limit) || 1));
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}
