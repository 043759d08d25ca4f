import pg from "pg";
import { describe, expect, it } from "vitest";
import { create } from "../support/claims.ts";
import { runJobs } from "../support/daemon.ts";
import { contentOf } from "../support/database-content.ts";
import { createFixture, type Fixture } from "../support/fixture.ts";
import { putPrebuilds } from "../support/prebuild-rows.ts";
import { reconcile } from "../support/reconcile.ts";
import { publishTemplate } from "../support/templates.ts";
import { waitUntil } from "../support/wait-until.ts";

const nameOf = (fx: Fixture): string => fx.database.connection.database;

/** What the next test of this worker would be given. */
async function afterIt(fx: Fixture, look: (next: Fixture) => Promise<void>): Promise<void> {
  await fx.close();
  const next = await createFixture();
  await look(next);
  await next.close();
}

/** A database that nobody had before, and that is lent again if it can be. */
async function fresh(): Promise<Fixture> {
  const fx = await createFixture();
  fx.breakOnPurpose();
  await fx.close();
  return await createFixture();
}

async function live(fx: Fixture): Promise<void> {
  const template = await publishTemplate(fx);
  await putPrebuilds(fx, template.preset("large"), 2);
  await reconcile(fx);
  await runJobs(fx);
  await create(fx);
  await fx.addUser("bob");
}

describe("a test's database", () => {
  it("is the one of the test before it, with the content that that one began with", async () => {
    const fx = await fresh();
    const before = await contentOf(fx.pool);
    await live(fx);
    expect(await contentOf(fx.pool)).not.toEqual(before);
    await afterIt(fx, async (next) => {
      expect(nameOf(next)).toBe(nameOf(fx));
      expect(await contentOf(next.pool)).toEqual(before);
    });
  });

  it("has nothing left of the sessions before", async () => {
    const fx = await fresh();
    await fx.rows("set work_mem = '99kB'; select pg_advisory_lock(1); listen something");
    await afterIt(fx, async (next) => {
      expect(nameOf(next)).toBe(nameOf(fx));
      expect(await next.rows("show work_mem")).not.toEqual([{ work_mem: "99kB" }]);
      expect(await next.rows("select pg_listening_channels()")).toEqual([]);
      expect(
        await next.number(
          `select count(*) from pg_locks where locktype = 'advisory'
          and database = (select oid from pg_database where datname = current_database())`,
        ),
      ).toBe(0);
    });
  });

  it("is out of reach for what a test has left running", async () => {
    const fx = await fresh();
    await fx.close();
    await expect(fx.rows("select 1")).rejects.toThrow("after calling end");
    await expect(fx.store.transaction("late", async () => undefined)).rejects.toThrow("after calling end");
  });

  it.each<[string, (fx: Fixture) => Promise<unknown>]>([
    ["changed its schema", (fx) => fx.rows("create index more on users (name)")],
    // On two connections: what looks at the ledger at the end commits the one that it gets.
    ["left a transaction open", (fx) => Promise.all([fx.rows("begin"), fx.rows("begin")])],
    ["broke it on purpose", async (fx) => fx.breakOnPurpose()],
    [
      "wrote more rows than scans of later tests should walk over",
      (fx) => {
        return fx.rows("insert into files select int4send(n), '', 0, now() from generate_series(1, 10000) n");
      },
    ],
  ])("is another one after a test that %s", async (_what, act) => {
    const fx = await createFixture();
    await act(fx);
    await afterIt(fx, async (next) => expect(nameOf(next)).not.toBe(nameOf(fx)));
  });

  it("is another one after a test that failed", async () => {
    const fx = await createFixture();
    await fx.close(true);
    const next = await createFixture();
    expect(nameOf(next)).not.toBe(nameOf(fx));
    await next.close();
  });

  it.each<[string, (fx: Fixture) => Promise<() => unknown>]>([
    [
      "a transaction that still runs",
      async (fx) => {
        const client = await fx.pool.connect();
        return () => client.release();
      },
    ],
    [
      "somebody else's connection",
      async (fx) => {
        const client = new pg.Client(fx.database.connection);
        await client.connect();
        return () => client.end();
      },
    ],
  ])("is another one after %s", async (_what, open) => {
    const fx = await createFixture();
    const end = await open(fx);
    const closing = fx.close();
    await waitUntil("the database is given up", () => fx.pool.ending);
    await end();
    await closing;
    const next = await createFixture();
    expect(nameOf(next)).not.toBe(nameOf(fx));
    await next.close();
  });
});
