import type pg from "pg";

/**
 * The pool as one test sees it: `end` ends it for that test and leaves the connections open for the next one.
 * Work that a test has left running gets the error of an ended pool, and never reaches another test's database.
 */
export function lentPool(pool: pg.Pool): pg.Pool {
  let isEnded = false;
  const end = async (): Promise<void> => {
    isEnded = true;
  };
  const refuse = async (): Promise<never> => {
    throw new Error("Cannot use a pool after calling end on the pool");
  };
  return new Proxy(pool, {
    get(target, key) {
      if (key === "end") return end;
      if (isEnded && (key === "query" || key === "connect")) return refuse;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
