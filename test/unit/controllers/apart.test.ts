import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../../src/contracts/errors.ts";
import { apart } from "../../../src/controllers/apart.ts";

/** Does a batch whole or nothing of it, as a transaction does. */
function workThatRefuses(bad: ReadonlySet<number>, batches: (readonly number[])[]) {
  return async (batch: readonly number[]): Promise<readonly number[]> => {
    batches.push(batch);
    await Promise.resolve();
    if (batch.some((item) => bad.has(item))) throw new Error("refused");
    return batch;
  };
}

describe("work on many things", () => {
  it("does every thing but those at fault, in their order, and tells each of these", async () => {
    const upTo = (max: number) => Array.from({ length: max }, (_, nth) => nth);
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.uniqueArray(fc.nat(299), { maxLength: 15 }), async (size, faults) => {
        const bad = new Set(faults.filter((nth) => nth < size));
        const told: number[] = [];
        const answer = await apart(upTo(size), workThatRefuses(bad, []), (item) => told.push(item));
        expect(answer).toEqual({ done: upTo(size).filter((item) => !bad.has(item)), errors: bad.size });
        expect(new Set(told)).toEqual(bad);
      }),
      { numRuns: 50 },
    );
  });

  it("is one batch when nothing is at fault, and at most 21 for one in 1,000", async () => {
    const items = Array.from({ length: 1_000 }, (_, nth) => nth);
    const clean: (readonly number[])[] = [];
    await apart(items, workThatRefuses(new Set(), clean), () => undefined);
    expect(clean).toHaveLength(1);
    const one: (readonly number[])[] = [];
    await apart(items, workThatRefuses(new Set([777]), one), () => undefined);
    expect(one.length).toBeLessThanOrEqual(21);
  });

  it("gives up after 16 things at fault: then it is not one of them", async () => {
    const items = Array.from({ length: 1_000 }, (_, nth) => nth);
    const told: number[] = [];
    const work = apart(items, workThatRefuses(new Set(items), []), (item) => told.push(item));
    await expect(work).rejects.toThrow("refused");
    expect(told).toHaveLength(16);
  });

  it("is not taken apart when the database is away", async () => {
    let attempts = 0;
    const work = apart(
      [1, 2, 3],
      async () => {
        attempts += 1;
        await Promise.resolve();
        throw new CodedError("database_unavailable", "The database cannot be reached.");
      },
      () => undefined,
    );
    await expect(work).rejects.toThrow("cannot be reached");
    expect(attempts).toBe(1);
  });
});
