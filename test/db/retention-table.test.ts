import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { migrationTables } from "../../src/db/migrate.ts";
import { retentionRules } from "../../src/db/retention/retention-rules.ts";
import { retentionTable } from "../../src/db/retention/retention-table.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

test("every table of the schema has a bound, and every bound has its table", async () => {
  const { rows } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  );
  const ofMigrator: readonly string[] = Object.values(migrationTables);
  const tables = rows.map(({ name }) => name).filter((name) => !ofMigrator.includes(name));
  expect(Object.keys(retentionTable).toSorted()).toEqual(tables);
});

test("what a table says removes its rows is there", () => {
  const rules = retentionRules.map(({ name }) => name);
  expect(new Set(rules).size).toBe(rules.length);
  for (const [table, { pruned }] of Object.entries(retentionTable)) {
    if (pruned.kind === "with") expect(Object.keys(retentionTable), table).toContain(pruned.table);
    if (pruned.kind === "rules") expect(rules, table).toEqual(expect.arrayContaining([...pruned.rules]));
  }
});

test("every rule is said to remove the rows of some table", () => {
  const said = Object.values(retentionTable).flatMap(({ pruned }) => (pruned.kind === "rules" ? pruned.rules : []));
  expect(new Set(said)).toEqual(new Set(retentionRules.map(({ name }) => name)));
});
