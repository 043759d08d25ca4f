import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClaimInput, claimPrebuild } from "../../src/db/claims/claim.ts";
import { claimPrebuilds } from "../../src/db/claims/claim-batch.ts";
import type { PresetId } from "../../src/contracts/ids.ts";
import { noLifecycleFields } from "../../src/domain/lifecycle/lifecycle-fields.ts";
import type { Sql } from "../../src/db/store.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const presetId = randomUUID();
let database: TestDatabase;
let client: pg.Client;

interface Sent {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** What `ask` hands to the database. Nothing is run. */
async function sentBy(ask: (sql: Sql) => Promise<unknown>): Promise<Sent> {
  let sent: Sent = { text: "", params: [] };
  const sql: Sql = {
    query: ({ text }, params) => {
      sent = { text, params };
      return Promise.resolve([]);
    },
  };
  await ask(sql);
  return sent;
}

const input = {
  presetId: presetId as string as PresetId,
  now: new Date(),
  ownerId: presetId,
  name: "w",
  jobId: presetId,
  lifecycle: noLifecycleFields,
  idempotency: { key: "k", requestHash: Buffer.alloc(1) },
} as unknown as ClaimInput;

async function seed(count: number, state: "claimed" | "ready"): Promise<void> {
  await client.query(
    `with fresh as materialized (
  select gen_random_uuid() as id, gen_random_uuid() as build_id, n
  from generate_series(1, $3::int) n
), workspace as (
  insert into workspaces (id, organization_id, owner_id, name, template_id, latest_build_id, created_at)
  select id, $1, $1, 'w' || id, $1, build_id, now()
  from fresh
), build as (
  insert into builds (id, workspace_id, number, transition, stage, template_version_id, initiator_id, parameters, created_at)
  select build_id, id, 1, 'start', 'prebuild', $1, $1, '{}', now()
  from fresh
), agent as (
  insert into agents (id, workspace_id, build_id, name, position, token_hash, created_at)
  select gen_random_uuid(), id, build_id, 'main', 0, sha256(id::text::bytea), now()
  from fresh
), key as (
  insert into idempotency_keys (user_id, key, request_hash, workspace_id, outcome, created_at)
  select $1, id::text, '', id, 'claimed', now()
  from fresh
)
insert into prebuilds (workspace_id, organization_id, template_id, template_version_id, preset_id, state, created_at,
  ready_at, claimed_at, first_build_result)
select id, $1, $1, $1, $1, $2::text, now(), now() + n * interval '1 ms',
  case when $2::text = 'claimed' then now() end, 'succeeded'
from fresh`,
    [presetId, state, count],
  );
}

async function genericPlan({ text, params }: Sent): Promise<string> {
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query(`prepare asked as ${text}`);
  const { rows } = await client.query<{ "QUERY PLAN": string }>(
    `explain execute asked (${params.map((_, nth) => (nth === 0 ? `'${presetId}'` : "null")).join(", ")})`,
  );
  await client.query("deallocate asked");
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

/** The part of a plan that makes the rows of one `with` query. */
function partOf(plan: string, name: string): string {
  const part = plan.split(/^ {2}CTE /m).find((each) => each.startsWith(`${name}\n`));
  if (part === undefined) throw new Error(`the plan has no part ${name}`);
  return part;
}

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  // Templates and users are not looked at.
  await client.query("set session_replication_role = replica");
  await seed(5_000, "claimed");
  await client.query("vacuum analyze");
  await seed(1_000, "ready");
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const claims: readonly { readonly form: string; readonly ask: (sql: Sql) => Promise<unknown> }[] = [
  { form: "a claim by itself", ask: (sql) => claimPrebuild(sql, input) },
  {
    form: "a claim together with others",
    ask: (sql) => claimPrebuilds(sql, { ...input, isOutdatedAllowed: false }, { now: new Date(), inputs: [input] }),
  },
];

test.each(
  claims,
)("$form takes the first entries of an index and sorts nothing, though the pool was empty when it was analyzed", async ({
  ask,
}) => {
  const candidate = partOf(await genericPlan(await sentBy(ask)), "candidate");
  expect(candidate).toContain("Index Scan using prebuilds_live");
  expect(candidate).not.toContain("Sort");
});

test.each(claims)("$form never reads a whole table that grows", async ({ ask }) => {
  const plan = await genericPlan(await sentBy(ask));
  expect(plan).not.toMatch(/Seq Scan on (prebuilds|workspaces|builds|jobs|agents|idempotency_keys|creation_outcomes)/);
  // An index that is read without a condition is read whole.
  const scans = plan.match(/Index (Only )?Scan using .*\n.*/g) ?? [];
  expect(scans.filter((scan) => !scan.includes("Index Cond:"))).toEqual([]);
  expect(scans.length).toBeGreaterThan(4);
});
