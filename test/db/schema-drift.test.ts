import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { dumpSchema } from "../support/schema-dump.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const schemaFile = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../schema.sql");

const databases: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

async function withDatabase<Value>(
  content: "migrated" | "empty",
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const database = await createTestDatabase({ content });
  databases.push(database);
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

// One of everything that the dump knows.
const everything = `
  create type mood as enum ('ok', 'not so good');
  create domain short as text default 'x' not null constraint short_length check (length(value) < 10);
  create sequence tickets start 5 increment 2;
  create function touch() returns trigger language plpgsql as $$ begin new.touched := now(); return new; end $$;
  create function twice(n integer) returns integer language sql immutable as 'select n * 2';
  create table parents (
    id bigint generated always as identity primary key,
    name text not null unique,
    mood mood not null default 'ok',
    size integer check (size > 0),
    double integer generated always as (twice(size)) stored,
    touched timestamptz
  ) with (fillfactor = 70);
  create table children (
    parent_id bigint not null references parents (id) on delete cascade,
    "Odd Name" short collate "C",
    at tstzrange,
    exclude using gist (at with &&)
  );
  create index parents_happy on parents (lower(name)) where mood = 'ok';
  create view moods as select name, mood from parents;
  create view sad as select name from moods where mood <> 'ok';
  create trigger parents_touch before update on parents for each row execute function touch();
  comment on table parents is 'They have children.';
  comment on column parents.size is 'It''s a number.';
`;

describe("the schema", () => {
  it("that the migrations produce is the one in schema.sql (UPDATE_SCHEMA=1 writes it)", async () => {
    const dump = await withDatabase("migrated", dumpSchema);
    if (process.env["UPDATE_SCHEMA"] === "1") writeFileSync(schemaFile, dump);
    if (!existsSync(schemaFile))
      throw new Error(
        "schema.sql is missing. Write it with: UPDATE_SCHEMA=1 npx vitest run test/db/schema-drift.test.ts",
      );
    expect(dump).toBe(readFileSync(schemaFile, "utf8"));
  });

  it("of Prewarm makes an equal schema when its dump is run on an empty database", async () => {
    const dump = await withDatabase("migrated", dumpSchema);
    expect(dump).toMatch(/create table workspaces \(/);
    const again = await withDatabase("empty", async (client) => {
      await client.query(dump);
      return dumpSchema(client);
    });
    expect(again).toBe(dump);
  });

  it("with one of everything survives its dump, which does not depend on the search path", async () => {
    const dump = await withDatabase("empty", async (client) => {
      await client.query(everything);
      return dumpSchema(client);
    });
    const again = await withDatabase("empty", async (client) => {
      await client.query(dump);
      await client.query("set search_path = pg_catalog");
      const second = await dumpSchema(client);
      expect((await client.query("show search_path")).rows).toEqual([{ search_path: "pg_catalog" }]);
      return second;
    });
    expect(again).toBe(dump);
    for (const part of [
      "'not so good'",
      "short_length",
      "start 5 increment 2",
      "FUNCTION touch",
      "on delete cascade",
      "fillfactor=70",
      "generated always as (twice(size)) stored",
      "generated always as identity",
      '"Odd Name"',
      "EXCLUDE USING gist",
      "WHERE (mood = 'ok'",
      "create view sad",
      "CREATE TRIGGER parents_touch",
      "It''s a number.",
    ]) {
      expect(dump.toLowerCase()).toContain(part.toLowerCase());
    }
  });

  it.each([
    ["a default", "alter table parents alter column mood set default 'not so good'"],
    ["a constraint", "alter table parents drop constraint parents_size_check"],
    ["an index", "drop index parents_happy"],
    [
      "a function's body",
      "create or replace function twice(n integer) returns integer language sql immutable as 'select n + n'",
    ],
    ["a column's type", "alter table parents alter column touched type timestamp"],
    ["not null", "alter table children alter column parent_id drop not null"],
    ["a trigger", "drop trigger parents_touch on parents"],
    ["a view", "drop view sad"],
    ["an enum's value", "alter type mood add value 'great'"],
  ])("shows a change of %s", async (_, change) => {
    await withDatabase("empty", async (client) => {
      await client.query(everything);
      const before = await dumpSchema(client);
      await client.query(change);
      expect(await dumpSchema(client)).not.toBe(before);
    });
  });
});
