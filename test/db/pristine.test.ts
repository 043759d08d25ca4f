// What lets a test have the database of the one before it.
import pg from "pg";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { allowAnyRow, contentOf, fillEveryTable } from "../support/database-content.ts";
import { createTestDatabase } from "../support/database.ts";
import { preservePristine, prepareToRestore, restorePristine } from "../support/pristine.ts";

let client: pg.Client;

beforeEach(async () => {
  const database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
});

describe("a database that is restored", () => {
  it("has the content that was preserved, in every table and sequence that the catalog knows", async () => {
    await allowAnyRow(client);
    await fillEveryTable(client, 1);
    const before = await contentOf(client);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(["public.workspaces", "public.pool_totals_mark"]));
    expect(Object.entries(before).filter(([, rows]) => rows.length === 0)).toEqual([]);
    await preservePristine(client);
    await prepareToRestore(client);
    await client.query("delete from pool_totals_mark");
    await fillEveryTable(client, 2);
    for (const [name, rows] of Object.entries(await contentOf(client))) expect(rows, name).not.toEqual(before[name]);
    await restorePristine(client);
    expect(await contentOf(client)).toEqual(before);
  });

  it("has no rows in the tables that had none", async () => {
    await allowAnyRow(client);
    const before = await contentOf(client);
    await preservePristine(client);
    await prepareToRestore(client);
    await fillEveryTable(client, 1);
    await restorePristine(client);
    expect(await contentOf(client)).toEqual(before);
  });
});

describe("a restore is refused", () => {
  it.each([
    ["a table made and removed", "create table more (); drop table more", "the schema was changed"],
    ["a change that was rolled back", "begin; create table more (); rollback", "the schema was changed"],
    ["a trigger's function", "create function f() returns int language sql as 'select 1'", "the schema was changed"],
    [
      "gathered statistics",
      "insert into leases values ('a', gen_random_uuid(), 1, now()); analyze leases",
      "statistics",
    ],
    [
      "a setting of the database",
      "do $$ begin execute format('alter database %I set work_mem = 99', current_database()); end $$",
      "has settings",
    ],
  ])("after %s", async (_what, text, reason) => {
    await preservePristine(client);
    await prepareToRestore(client);
    await client.query(text);
    await expect(restorePristine(client)).rejects.toThrow(reason);
  });
});
