import { AsyncResource } from "node:async_hooks";
import type { Tx } from "../../src/db/store.ts";
import type { Fixture } from "./fixture.ts";
import { waitUntil } from "./wait-until.ts";

const outsideOfAll = new AsyncResource("test");

/** Runs work as somebody else would: not as part of the transaction in which it is started. */
export function outside<Result>(work: () => Promise<Result>): Promise<Result> {
  return outsideOfAll.runInAsyncScope(work);
}

export function somebodyWaits(fx: Fixture): Promise<boolean> {
  return waitUntil("somebody waits for a lock", async () => {
    const text =
      "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    return (await fx.number(text)) > 0;
  });
}

/**
 * A transaction that stands still after its statement number `nth`, until what somebody else does meanwhile has ended
 * or waits for a lock. @returns the transaction to work in, and the other's result.
 */
export function interleaved<Result>(
  fx: Fixture,
  tx: Tx,
  meanwhile: { readonly nth: number; readonly work: () => Promise<Result> },
): { readonly tx: Tx; readonly other: Promise<Result> } {
  let statements = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const other = begun.then(() => outside(meanwhile.work));
  const query: Tx["query"] = async (statement, params) => {
    const rows = await tx.query(statement, params);
    statements += 1;
    if (statements === meanwhile.nth) {
      begin();
      await Promise.race([other, outside(() => somebodyWaits(fx))]);
    }
    return rows;
  };
  return { tx: { ...tx, query }, other };
}
