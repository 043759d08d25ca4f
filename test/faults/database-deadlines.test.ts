// Nothing waits for the database without an end: not for a slow statement, nor for a lock, nor on a line that is silent.
import { expect, it, onTestFinished } from "vitest";
import { databaseDeadlines } from "../../src/db/deadlines.ts";
import { createPool } from "../../src/db/pg-pool.ts";
import { statement } from "../../src/db/statement.ts";
import { Store } from "../../src/db/store.ts";
import { memoryLogger } from "../../src/platform/logger.ts";
import { codeOf } from "../support/claims.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type SilentProxy, startDatabaseProxy } from "../support/silent-proxy.ts";
import { waitUntil } from "../support/wait-until.ts";

const one = statement<{ one: number }>("deadline_one", "select 1 as one");
const look = statement<{ one: number }>("deadline_look", "select 1 as one", "look");
const slow = statement<object>("deadline_slow", "select pg_sleep($1)");
const longSlow = statement<object>("deadline_long_slow", "select pg_sleep($1)", "long");
const add = statement<object>(
  "deadline_add",
  "insert into settings (key, value, updated_at) values ($1, 'null', now())",
);
const lock = statement<object>("deadline_lock", "select 1 from settings where key = $1 for update");

const short = {
  ...databaseDeadlines,
  connectMs: 1_000,
  lockMs: 100,
  statementMs: 300,
  lookMs: 250,
  silenceMs: 100,
  idleInTransactionMs: 300,
};

async function shortStore(): Promise<{ store: Store; size: () => number; proxy: SilentProxy; database: TestDatabase }> {
  const database = await createTestDatabase();
  const { proxy, connection } = await startDatabaseProxy(database.connection);
  const logger = memoryLogger();
  const pool = createPool({ connection, connectionsMax: 2, idleMax: 2, logger, deadlines: short });
  onTestFinished(async () => {
    await pool.end();
    await proxy.close();
    await database.drop();
  });
  const store = new Store({ pool, logger, publish: () => undefined, deadlines: short });
  return { store, proxy, database, size: () => pool.totalCount };
}

it("a statement that takes too long is ended by PostgreSQL, and says that nothing was done", async () => {
  const { store } = await shortStore();
  expect(await codeOf(store.query(slow, [5]))).toBe("database_timeout");
  expect(await codeOf(store.transaction("slow", async (tx) => tx.query(slow, [5])))).toBe("database_timeout");
  expect(await store.query(one, [])).toEqual([{ one: 1 }]);
});

it("a long one may take longer, by itself, in a transaction and in a snapshot, and the limit returns after it", async () => {
  const { store } = await shortStore();
  await store.query(longSlow, [0.5]);
  await store.transaction("long", async (tx) => tx.query(longSlow, [0.5]));
  await store.snapshot("long", async (sql) => sql.query(slow, [0.5]));
  expect(await codeOf(store.query(slow, [5]))).toBe("database_timeout");
  const limited = store.snapshot("limited", async (sql) => sql.query(longSlow, [5]), { statementMs: 100 });
  expect(await codeOf(limited)).toBe("database_timeout");
});

it("who waits for a lock gives up before his statement's end", async () => {
  const { store } = await shortStore();
  await store.query(add, ["locked"]);
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isHeld = new Promise<void>((resolve) => {
    void store.transaction("holder", async (tx) => {
      await tx.query(lock, ["locked"]);
      resolve();
      await gate;
    });
  });
  await isHeld;
  const waiter = store.transaction("waiter", async (tx) => tx.query(lock, ["locked"]));
  await expect(waiter).rejects.toThrow("lock timeout");
  release();
});

it("a transaction whose server stops in the middle is rolled back, and its locks are free", async () => {
  const { store, database } = await shortStore();
  await store.query(add, ["held"]);
  const stopped = store.transaction("stopped", async (tx) => {
    await tx.query(lock, ["held"]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await tx.query(one, []);
  });
  const failed = codeOf(stopped);
  const other = createPool({ connection: database.connection, connectionsMax: 1, idleMax: 0, logger: memoryLogger() });
  onTestFinished(() => other.end());
  await other.query("select 1 from settings where key = 'held' for update");
  expect(await failed).toBe("database_unavailable");
});

it.each([
  "silence",
  "swallowAnswers",
] as const)("on a silent line (%s) everything ends in time, on connections that nobody uses again, and goes on after it", async (break_) => {
  const { store, proxy, size } = await shortStore();
  await Promise.all([store.query(one, []), store.query(one, [])]);
  expect(size()).toBe(2);
  proxy[break_]();
  const tried = [
    () => store.query(look, []),
    () => store.query(one, []),
    () => store.transaction("silent", async (tx) => tx.query(add, ["silent"])),
  ];
  for (const attempt of tried) expect(await codeOf(attempt())).toBe("database_unavailable");
  await waitUntil("no connection is held", () => size() === 0);
  proxy.speak();
  await waitUntil("new ones are made", () =>
    store.query(one, []).then(
      () => true,
      () => false,
    ),
  );
  await store.transaction("again", async (tx) => tx.query(add, ["again"]));
});

it("a commit that is not answered is an error that does not promise that nothing was done", async () => {
  const { store, proxy } = await shortStore();
  const work = store.transaction("commit", async (tx) => {
    await tx.query(add, ["unknown"]);
    proxy.swallowAnswers();
  });
  expect(await codeOf(work)).toBe("database_unavailable");
  proxy.speak();
  const found = statement<object>("deadline_found", "select 1 from settings where key = 'unknown'");
  await waitUntil("it was written", async () => (await store.query(found, []).catch(() => [])).length === 1);
});
