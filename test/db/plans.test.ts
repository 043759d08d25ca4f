// Every statement by the plan that it gets in a database with years of history (test/history has one of real size).
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { findingsOf, genericPlan, judgePlans, pretendRows } from "../support/plans.ts";
import { partOfYear, seedYear } from "../support/year-of-history.ts";

const divisor = 200;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  await seedYear(client, partOfYear(divisor), { now: new Date("2030-01-01T00:00:00Z") });
  await pretendRows(client, divisor);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

test("no statement reads or sorts what grows, but for exceptions that are needed", async () => {
  const { wrong, unneeded, looked } = await judgePlans(client);
  expect(wrong).toEqual([]);
  expect(unneeded).toEqual([]);
  expect(looked).toBeGreaterThan(250);
});

describe("what is wrong with a plan", () => {
  test.each([
    { text: "select count(*) from jobs", isWrong: true },
    { text: "select * from builds order by created_at", isWrong: true },
    { text: "select id from jobs order by id", isWrong: true },
    {
      text: "select w.id from workspaces w join builds b on b.workspace_id = w.id where w.created_at > $1",
      isWrong: true,
    },
    { text: "select id from jobs order by id limit 5", isWrong: false },
    { text: "select name from templates order by name", isWrong: false },
    { text: "select name from workspaces where id = $1", isWrong: false },
    { text: "select count(*) from prebuilds where state in ('failed', 'parked')", isWrong: false },
  ])("is seen of `$text`: $isWrong", async ({ text, isWrong }) => {
    expect(findingsOf(await genericPlan(client, text)).length > 0).toBe(isWrong);
  });

  test("is seen of a sort of more than a page is chosen from", async () => {
    const plan = await genericPlan(client, "select id from jobs where created_at > '2000-01-01' order by created_at");
    expect(findingsOf(plan)).toContain("sort");
  });
});
