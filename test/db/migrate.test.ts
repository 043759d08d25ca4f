import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appliedMigrations, migrate } from "../../src/db/migrate.ts";
import { MigrationError } from "../../src/db/migration-error.ts";
import { migrationsFolder, readMigrationFiles } from "../../src/db/migration-files.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { waitUntil } from "../support/wait-until.ts";

let folder = "";
let database: TestDatabase;
let pool: pg.Pool;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "pw-migrations-"));
  database = await createTestDatabase({ content: "empty" });
  pool = new pg.Pool({ ...database.connection, max: 2 });
});

afterEach(async () => {
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, sql: string): void {
  writeFileSync(path.join(folder, `${name}.sql`), sql);
}

async function refusal(work: Promise<unknown>): Promise<MigrationError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof MigrationError)) throw new Error(`expected a refusal, got ${String(outcome)}`);
  return outcome;
}

describe("migrations", () => {
  it("apply in the order of their numbers, once, and only the new ones later", async () => {
    file("0002_second", "create table second (n int);\ninsert into second select n from first;");
    file("0001_first", "-- A comment; with a semicolon.\ncreate table first as select 5 as n;");
    expect(await migrate(pool, { folder })).toEqual({ applied: ["0001_first", "0002_second"], version: "0002_second" });
    expect(await migrate(pool, { folder })).toEqual({ applied: [], version: "0002_second" });
    file("0003_third", "update second set n = n + 1;");
    expect((await migrate(pool, { folder })).applied).toEqual(["0003_third"]);
    expect((await pool.query("select n from second")).rows).toEqual([{ n: 6 }]);
    expect(await appliedMigrations(pool)).toEqual(["0001_first", "0002_second", "0003_third"]);
  });

  it("may use in one file what the file before has made, where PostgreSQL asks for a commit between them", async () => {
    file("0001_type", "create type mood as enum ('ok');");
    file("0002_value", "alter type mood add value 'great';");
    file("0003_use", "create table moods as select 'great'::mood as mood;");
    expect((await migrate(pool, { folder })).applied).toHaveLength(3);
  });

  it("work through a pool of one connection, whatever its time limit for statements", async () => {
    file("0001_slow", "create table slow as select 1 as n from pg_sleep(0.3);");
    const narrow = new pg.Pool({ ...database.connection, max: 1, statement_timeout: 100 });
    const report = await migrate(narrow, { folder }).finally(() => narrow.end());
    expect(report.applied).toEqual(["0001_slow"]);
  });

  it("of several servers that start at once are applied exactly once", async () => {
    for (const number of [1, 2, 3, 4])
      file(`000${number}_step`, `create table step${number} (); select pg_sleep(0.02);`);
    const pools = Array.from({ length: 4 }, () => new pg.Pool({ ...database.connection, max: 2 }));
    const reports = await Promise.all(pools.map((each) => migrate(each, { folder })));
    await Promise.all(pools.map((each) => each.end()));
    const applied = reports.flatMap((report) => report.applied).toSorted((a, b) => (a < b ? -1 : 1));
    expect(applied).toEqual(["0001_step", "0002_step", "0003_step", "0004_step"]);
    expect(new Set(reports.map((report) => report.version))).toEqual(new Set(["0004_step"]));
  });

  it("that wait for a working server, which waits for them, are tried again", async () => {
    file("0001_first", "create table a (n int);\ncreate table b (n int);");
    await migrate(pool, { folder });
    const working = new pg.Client(database.connection);
    await working.connect();
    try {
      // Of two that wait for each other PostgreSQL ends the one that notices first: the migration.
      await working.query("begin; set local deadlock_timeout = '60s'; lock table a in access exclusive mode");
      file("0002_second", "alter table b add column m int;\nalter table a add column m int;");
      const migrating = migrate(pool, { folder });
      await waitUntil("the migration waits for the first table", async () => {
        const { rows } = await pool.query("select 1 from pg_locks where not granted and relation = 'a'::regclass");
        return rows.length > 0;
      });
      await working.query("lock table b in access share mode; commit");
      expect((await migrating).applied).toEqual(["0002_second"]);
    } finally {
      await working.end();
    }
  });

  it("that fail are rolled back whole, with file and line, and those before them stay", async () => {
    file("0001_good", "create table good ();");
    file("0002_bad", "create table half ();\n\nselect nonsense;\n");
    const error = await refusal(migrate(pool, { folder }));
    expect(error.code).toBe("migration_failed");
    expect(error.message).toContain("0002_bad.sql, line 3");
    expect(error.message).toContain("nonsense");
    const found = await pool.query("select to_regclass('good') is not null as good, to_regclass('half') as half");
    expect(found.rows).toEqual([{ good: true, half: null }]);
    file("0002_bad", "create table half ();");
    expect((await migrate(pool, { folder })).applied).toEqual(["0002_bad"]);
  });

  it("are refused on a database of a newer release, which is left as it is", async () => {
    file("0001_first", "create table first ();");
    file("0002_newer", "create table newer ();");
    await migrate(pool, { folder });
    rmSync(path.join(folder, "0002_newer.sql"));
    const error = await refusal(migrate(pool, { folder }));
    expect(error.code).toBe("schema_newer");
    expect(error.message).toContain("0002_newer");
    expect(error.message).toContain("0001_first");
    expect(await appliedMigrations(pool)).toEqual(["0001_first", "0002_newer"]);
  });

  it("are refused when the database's history is not the beginning of theirs", async () => {
    file("0001_first", "create table first ();");
    file("0003_third", "create table third ();");
    await migrate(pool, { folder });
    file("0002_late", "create table late ();");
    expect((await refusal(migrate(pool, { folder }))).code).toBe("schema_diverged");
    rmSync(path.join(folder, "0002_late.sql"));
    rmSync(path.join(folder, "0001_first.sql"));
    const error = await refusal(migrate(pool, { folder }));
    expect(error.code).toBe("schema_diverged");
    expect(error.message).toContain("0001_first");
  });

  it.each([
    [["1_short"], "1_short.sql"],
    [["0001_One"], "0001_One.sql"],
    [["0001_a", "0001_b"], "same number"],
  ])("named %j are refused before anything is touched", async (names, reason) => {
    for (const name of names) file(name, "create table x ();");
    const error = await refusal(migrate(pool, { folder }));
    expect([error.code, error.message]).toEqual(["migration_files_invalid", expect.stringContaining(reason)]);
    expect(await appliedMigrations(pool)).toEqual([]);
  });
});

describe("a database that an earlier release has migrated", () => {
  /** The tables of the package Kysely 0.28, as its migrator made and filled them. */
  const earlier = `create table schema_migrations (name varchar(255) not null primary key, timestamp varchar(255) not null);
    create table schema_migrations_lock (id varchar(255) not null primary key, is_locked integer not null default 0);
    insert into schema_migrations_lock (id, is_locked) values ('migration_lock', 0);
    create table first (n int);
    insert into schema_migrations values ('0001_first', '2026-01-02T03:04:05.678Z')`;

  it("goes on where it stood, and keeps its record", async () => {
    await pool.query(earlier);
    file("0001_first", "create table first (n int);");
    expect(await migrate(pool, { folder })).toEqual({ applied: [], version: "0001_first" });
    file("0002_second", "alter table first add column m int;");
    expect((await migrate(pool, { folder })).applied).toEqual(["0002_second"]);
    const { rows } = await pool.query<{ name: string; timestamp: string }>(
      "select * from schema_migrations order by 1",
    );
    expect(rows[0]).toEqual({ name: "0001_first", timestamp: "2026-01-02T03:04:05.678Z" });
    expect(rows[1]?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it("waits for such a release that is migrating it at the moment", async () => {
    await pool.query(earlier);
    file("0001_first", "create table first (n int);");
    file("0002_second", "alter table first add column m int;");
    const old = new pg.Client(database.connection);
    await old.connect();
    await old.query("select pg_advisory_lock(3853314791062309107)");
    const migrating = migrate(pool, { folder });
    await waitUntil("it waits for the lock", async () => {
      const { rowCount } = await old.query("select from pg_locks where locktype = 'advisory' and not granted");
      return rowCount === 1;
    });
    await old.query("alter table first add column m int");
    await old.query("insert into schema_migrations values ('0002_second', '2026-01-02T03:04:05.678Z')");
    await old.query("select pg_advisory_unlock(3853314791062309107)");
    expect(await migrating).toEqual({ applied: [], version: "0002_second" });
    await old.end();
  });
});

it("the migrations of this package are found, and every test database has had all of them", async () => {
  const migrated = await createTestDatabase();
  const client = new pg.Client(migrated.url);
  await client.connect();
  const names = readMigrationFiles(migrationsFolder()).map((each) => each.name);
  expect(names[0]).toBe("0001_foundation");
  expect(await appliedMigrations(client)).toEqual(names);
  await client.end();
  await migrated.drop();
});
