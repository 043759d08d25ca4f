// The same as test/db/plans.test.ts, in a tenth of a year of a large deployment, where the planner has to believe nothing.
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { judgePlans } from "../support/plans.ts";
import { partOfYear, seedYear } from "../support/year-of-history.ts";

const seededWithinMs = 600_000;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  await seedYear(client, partOfYear(10), { now: new Date() });
}, seededWithinMs);

afterAll(async () => {
  await client.end();
  await database.drop();
});

test("no statement reads or sorts what grows in a database of a quarter of a million builds and a million lines", async () => {
  expect((await judgePlans(client)).wrong).toEqual([]);
});
