import { CodedError } from "../contracts/errors.ts";

/** Things at fault after which the rest is left for the next run: by then it is the batch, and not one of it. */
const faultsMax = 16;

/** What a batch did, and how many of its things could not be done. */
export interface Apart<Done> {
  readonly done: readonly Done[];
  readonly errors: number;
}

/**
 * Works on many things at once, and apart when that fails: in halves, until the thing at fault is by itself. One that
 * cannot be worked on never keeps the others from it, and costs twice the logarithm of the batch more attempts.
 *
 * @param work does a batch whole, or nothing of it.
 * @param onError is told each thing that failed by itself; it is tried again when it is found again.
 * @throws the error when the database is away, or after `faultsMax` things: nothing is won by asking for each of them.
 */
export async function apart<Item, Done>(
  items: readonly Item[],
  work: (batch: readonly Item[]) => Promise<readonly Done[]>,
  onError: (item: Item, error: unknown) => void,
): Promise<Apart<Done>> {
  const done: Done[] = [];
  let errors = 0;
  const waiting: (readonly Item[])[] = [items];
  for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) {
    const [first] = batch;
    if (first === undefined) continue;
    try {
      done.push(...(await work(batch)));
    } catch (error) {
      if (error instanceof CodedError && error.code === "database_unavailable") throw error;
      if (batch.length > 1) {
        const middle = Math.ceil(batch.length / 2);
        waiting.push(batch.slice(middle), batch.slice(0, middle));
        continue;
      }
      onError(first, error);
      errors += 1;
      if (errors === faultsMax) throw error;
    }
  }
  return { done, errors };
}
