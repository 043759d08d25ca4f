import pg from "pg";
import { describe, expect, it } from "vitest";
import type { Topic } from "../../src/contracts/news.ts";
import { createPool, endsWithConnections } from "../../src/db/pg-pool.ts";
import { statement } from "../../src/db/statement.ts";
import { Store, type Tx } from "../../src/db/store.ts";
import { codeOf } from "../support/claims.ts";
import { type Fixture, testFixture } from "../support/fixture.ts";
import { waitUntil } from "../support/wait-until.ts";

const pid = statement<{ pid: number }>("test_pid", "select pg_backend_pid() as pid");
const fails = statement<object>("test_fails", "select 1 / 0");
const addSetting = statement<object>(
  "test_setting_add",
  "insert into settings (key, value, updated_at) values ($1, 'null', now())",
);
const lockSetting = statement<object>("test_setting_lock", "select 1 from settings where key = $1 for update");
const refusedToCommit = statement<object>(
  "test_deferred_violation",
  "insert into test_deferred (id) select 1 union all select 1",
);

const news: Topic = "settings";

async function backendOf(tx: Tx): Promise<number> {
  const [row] = await tx.query(pid, []);
  if (row === undefined) throw new Error("a connection has no backend");
  return row.pid;
}

describe("news", () => {
  it("are published after the commit, once, and not before", async () => {
    const fx = await testFixture();
    await fx.store.transaction("test", async (tx) => {
      tx.emit(news);
      tx.emit(news);
      await tx.query(addSetting, ["a"]);
      expect(fx.published).toEqual([]);
    });
    expect(fx.published).toEqual([news]);
  });

  it("are never published when the work throws", async () => {
    const fx = await testFixture();
    const work = fx.store.transaction("test", async (tx) => {
      await tx.query(addSetting, ["a"]);
      tx.emit(news);
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(fx.published).toEqual([]);
    expect(await fx.number("select count(*) from settings where length(key) = 1")).toBe(0);
  });

  it("are never published when the commit itself is refused", async () => {
    const fx = await testFixture();
    await fx.rows("create table test_deferred (id int, unique (id) deferrable initially deferred)");
    const work = fx.store.transaction("test", async (tx) => {
      await tx.query(refusedToCommit, []);
      tx.emit(news);
    });
    await expect(work).rejects.toThrow(/duplicate key/);
    expect(fx.published).toEqual([]);
  });

  it("are never published when a statement's error was swallowed, because then nothing was committed", async () => {
    const fx = await testFixture();
    const work = fx.store.transaction("test", async (tx) => {
      await tx.query(addSetting, ["a"]);
      tx.emit(news);
      await tx.query(fails, []).catch(() => undefined);
    });
    await expect(work).rejects.toThrow(/rolled back/);
    expect(fx.published).toEqual([]);
    expect(await fx.number("select count(*) from settings where length(key) = 1")).toBe(0);
  });

  it("that the bus refuses do not fail what is committed, and the loss is logged", async () => {
    const fx = await testFixture({ publish: "fails" });
    const result = await fx.store.transaction("test", async (tx) => {
      tx.emit(news);
      return "done";
    });
    expect(result).toBe("done");
    expect(fx.logger.entries.map((entry) => entry.level)).toEqual(["warn"]);
  });
});

describe("the guard", () => {
  it.each([
    ["a query on the outer handle", "the query test_pid was attempted while the transaction outer is open"],
    ["a publish", "a publish was attempted while the transaction outer is open"],
    ["a transaction in a transaction", "the transaction inner was attempted while the transaction outer is open"],
    ["a snapshot in a transaction", "the snapshot inner was attempted while the transaction outer is open"],
  ])("refuses %s", async (what, message) => {
    const fx = await testFixture({ connectionsMax: 1 });
    const { store } = fx;
    const acts: Readonly<Record<string, () => unknown>> = {
      "a query on the outer handle": () => store.query(pid, []),
      "a publish": () => store.publish([news]),
      "a transaction in a transaction": () => store.transaction("inner", async () => undefined),
      "a snapshot in a transaction": () => store.snapshot("inner", async () => undefined),
    };
    await expect(store.transaction("outer", async () => await acts[what]?.())).rejects.toThrow(message);
  });

  it("leaves alone what a transaction started and what goes on after its end", async () => {
    const fx = await testFixture();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const after = await fx.store.transaction("outer", async () => ({
      later: gate.then(async () => (await fx.store.query(pid, [])).length),
    }));
    release();
    expect(await after.later).toBe(1);
  });

  it("refuses a query of a transaction that has ended: its connection may be somebody else's by now", async () => {
    const fx = await testFixture();
    const tx = await fx.store.transaction("over", async (open) => ({ open }));
    await expect(tx.open.query(pid, [])).rejects.toThrow("after the end of the transaction over");
  });
});

describe("a transaction", () => {
  it("is tried again after a deadlock, and both of two that wait for each other commit", async () => {
    const fx = await testFixture();
    for (const key of ["a", "b"]) await fx.store.query(addSetting, [key]);
    let runs = 0;
    let inside = 0;
    const crosswise = async (keys: readonly [string, string]): Promise<void> => {
      await fx.store.transaction("crosswise", async (tx) => {
        runs += 1;
        await tx.query(lockSetting, [keys[0]]);
        inside += 1;
        await waitUntil("both hold their first lock", () => inside >= 2);
        await tx.query(lockSetting, [keys[1]]);
        tx.emit(news);
      });
    };
    await Promise.all([crosswise(["a", "b"]), crosswise(["b", "a"])]);
    // Once for each, and once more for the one that had to give way: or twice, where it overtook the other at its lock.
    expect([3, 4]).toContain(runs);
    expect(fx.published).toEqual([news, news]);
  });

  it("sees one instant in a snapshot, and cannot write there", async () => {
    const fx = await testFixture();
    const count = statement<{ n: number }>(
      "test_settings_count",
      "select count(*)::int as n from settings where length(key) = 1",
    );
    await fx.store.snapshot("test", async (sql) => {
      expect(await sql.query(count, [])).toEqual([{ n: 0 }]);
      await fx.rows("insert into settings (key, value, updated_at) values ('x', 'null', now())");
      expect(await sql.query(count, [])).toEqual([{ n: 0 }]);
    });
    expect(await codeOf(fx.store.snapshot("test", (sql) => sql.query(addSetting, ["y"])))).toBe("database_unavailable");
  });

  it("counts its statements", async () => {
    const fx = await testFixture();
    const before = fx.store.counters;
    await fx.store.transaction("test", async (tx) => {
      await tx.query(pid, []);
      await tx.query(pid, []);
    });
    const { statements, transactions } = fx.store.counters;
    expect([statements - before.statements, transactions - before.transactions]).toEqual([2, 1]);
  });
});

describe("a lost database", () => {
  it("S20: a connection cut in the middle of a transaction is database_unavailable, and the next one works", async () => {
    const fx = await testFixture({ connectionsMax: 1 });
    const cut = fx.store.transaction("cut", async (tx) => {
      await tx.query(addSetting, ["a"]);
      tx.emit(news);
      const backend = await backendOf(tx);
      const killer = fx.addServer();
      await killer.pool.query("select pg_terminate_backend($1)", [backend]);
      await tx.query(pid, []);
    });
    expect(await codeOf(cut)).toBe("database_unavailable");
    expect(fx.published).toEqual([]);
    await fx.store.transaction("next", (tx) => tx.query(addSetting, ["b"]));
    expect(await fx.rows("select key from settings where length(key) = 1")).toEqual([{ key: "b" }]);
  });

  it("S20: idle connections that the server cuts are replaced, without an error to anybody", async () => {
    const fx = await testFixture({ connectionsMax: 2 });
    await Promise.all([fx.store.query(pid, []), fx.store.query(pid, [])]);
    await cutConnections(fx);
    expect(await fx.store.query(pid, [])).toHaveLength(1);
  });

  it("S20: one that refuses to write is database_unavailable, and writes go on when it is writable again", async () => {
    const fx = await testFixture();
    await setReadOnly(fx, true);
    expect(await codeOf(fx.store.query(addSetting, ["a"]))).toBe("database_unavailable");
    await setReadOnly(fx, false);
    await fx.store.query(addSetting, ["b"]);
    expect(await fx.rows("select key from settings where length(key) = 1")).toEqual([{ key: "b" }]);
  });

  it("S20: one that is not there is database_unavailable, with the cause and a time after which to try again", async () => {
    const fx = await testFixture();
    const connection = { ...fx.database.connection, port: 1 };
    const pool = createPool({ connection, connectionsMax: 1, idleMax: 0, logger: fx.logger });
    const store = new Store({ pool, publish: () => undefined });
    for (const work of [store.query(pid, []), store.transaction("any", async () => undefined)]) {
      const error: unknown = await work.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "database_unavailable", retryAfterSeconds: 1, cause: { code: "ENOENT" } });
    }
    await pool.end();
  });
});

describe("a pool that ends", () => {
  it("has ended once its connections have, so that a database that is stopped next has nobody to complain of", async () => {
    const fx = await testFixture();
    const pool = createPool({ connection: fx.database.connection, connectionsMax: 3, idleMax: 3, logger: fx.logger });
    const end = endsWithConnections(pool);
    const ended: string[] = [];
    pool.on("connect", (client) => client.once("end", () => ended.push("end")));
    await Promise.all([1, 2, 3].map(async () => await pool.query("select pg_sleep(0.02)")));
    await end();
    expect(ended).toEqual(["end", "end", "end"]);
  });
});

/** Runs a statement from another database, so that it concerns nobody's session but those of the fixture. */
async function maintain(fx: Fixture, text: string): Promise<void> {
  const client = new pg.Client({ ...fx.database.connection, database: "postgres" });
  await client.connect();
  await client.query(text);
  await client.end();
}

async function cutConnections(fx: Fixture): Promise<void> {
  const name = fx.database.connection.database;
  await maintain(fx, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  await waitUntil("the pool has noticed", () => fx.pool.totalCount === 0);
}

async function setReadOnly(fx: Fixture, isReadOnly: boolean): Promise<void> {
  const name = fx.database.connection.database;
  await maintain(fx, `alter database ${name} set default_transaction_read_only = ${isReadOnly ? "on" : "off"}`);
  await cutConnections(fx);
}

describe("a database without room", () => {
  const full = statement<object>("test_full_disk", "select test_full_disk()");

  it("is called unavailable, and has room again once a write of some size succeeds", async () => {
    const fx = await testFixture();
    await fx.rows(
      `create function test_full_disk() returns void language plpgsql as $$
       begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`,
    );
    expect(await fx.store.hasRoom()).toBe(true);
    const before = fx.store.counters.statements;
    await expect(fx.store.query(full, [])).rejects.toMatchObject({ code: "database_unavailable" });
    expect(await fx.store.hasRoom()).toBe(true);
    // It has asked, and asks no more.
    expect(fx.store.counters.statements).toBe(before + 2);
    await fx.store.hasRoom();
    expect(fx.store.counters.statements).toBe(before + 2);
  });
});
