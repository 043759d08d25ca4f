import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimPrebuild } from "../../src/db/queries/claim.ts";
import { noLifecycleFields } from "../../src/domain/lifecycle/lifecycle-fields.ts";
import type { Sql } from "../../src/db/store.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const presetId = randomUUID();
const typesOfParameters =
  "uuid, timestamptz, uuid, uuid, uuid, text, boolean, boolean, uuid, jsonb, uuid, uuid, text, integer, text, bytea, bigint, text, timestamptz";
let database: TestDatabase;
let client: pg.Client;

/** The text of the claim, as the query hands it to the database. */
async function claimText(): Promise<string> {
  let text = "";
  const sql: Sql = {
    query: (statement) => {
      ({ text } = statement);
      return Promise.resolve([]);
    },
  };
  // Nothing is run, so the values do not matter.
  await claimPrebuild(sql, { idempotency: null, lifecycle: noLifecycleFields } as Parameters<typeof claimPrebuild>[1]);
  return text;
}

async function seed(count: number, state: "claimed" | "ready"): Promise<void> {
  await client.query(
    `insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at,
  ready_at, claimed_at, first_build_result)
select gen_random_uuid(), $1, $1, $1, $1, $2::text, now(), now() + n * interval '1 ms',
  case when $2::text = 'claimed' then now() end, 'succeeded'
from generate_series(1, $3::int) n`,
    [presetId, state, count],
  );
}

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  // Only the ledger is looked at: its rows need no workspaces.
  await client.query("set session_replication_role = replica");
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

test("a claim takes the first entry of an index and sorts nothing, though the pool was empty when it was analyzed", async () => {
  await seed(5_000, "claimed");
  await client.query("vacuum analyze prebuilds");
  await seed(1_000, "ready");
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query(`prepare claim (${typesOfParameters}) as ${await claimText()}`);
  const values = Array.from(typesOfParameters.split(","), (_, nth) => (nth === 0 ? `'${presetId}'` : "null"));
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain execute claim (${values.join(", ")})`);
  const lines = rows.map((row) => row["QUERY PLAN"]);
  const candidate = lines.slice(lines.indexOf("  CTE candidate"), lines.indexOf("  CTE claimed")).join("\n");
  expect(candidate).toContain("Index Scan using prebuilds_live");
  expect(candidate).not.toContain("Sort");
});
