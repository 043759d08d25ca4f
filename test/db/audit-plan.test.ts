// A page of the audit log reads the first entries of an index, whatever it is asked for, and never all of the log.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OrganizationId, UserId } from "../../src/contracts/ids.ts";
import { type AuditFilter, type AuditNarrowing, auditPage } from "../../src/db/audit/audit-pages.ts";
import type { Sql } from "../../src/db/store.ts";
import { filterBy } from "../support/audit-filter.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const someone = randomUUID() as string as UserId;
let database: TestDatabase;
let client: pg.Client;

interface Sent {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** What `ask` hands to the database. Nothing is run. */
async function sentBy(ask: (sql: Sql) => Promise<unknown>): Promise<Sent[]> {
  const sent: Sent[] = [];
  await ask({
    query: ({ text }, params) => {
      sent.push({ text, params });
      return Promise.resolve([]);
    },
  });
  return sent;
}

async function plan({ text, params }: Sent, mode: "force_generic_plan" | "force_custom_plan"): Promise<string> {
  await client.query(`set plan_cache_mode = ${mode}`);
  await client.query(`prepare asked as ${text}`);
  const values = params.map((value) => {
    if (value === null) return "null";
    if (Array.isArray(value)) return `'{${value.join(",")}}'`;
    return value instanceof Date ? `'${value.toISOString()}'` : `'${String(value)}'`;
  });
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain execute asked (${values.join(", ")})`);
  await client.query("deallocate asked");
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.connection);
  await client.connect();
  // Else the vacuum finds commits that are not on the disk yet, and cannot mark anything as visible to all.
  await client.query("set synchronous_commit = on");
  await client.query(
    `insert into audit_log (at, actor_id, action, target_kind, target_id, target_name)
select '2030-01-01'::timestamptz + n * interval '1 min', md5('actor' || n % 20)::uuid, 'workspace.start', 'workspace',
  md5('target' || n % 900)::uuid, 'w-' || n % 300
from generate_series(1, 40000) n`,
  );
  await client.query("vacuum analyze audit_log");
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const busy = "00000000-0000-4000-8000-000000000001";
const narrowings: readonly AuditNarrowing[] = [
  { by: "newest", key: null },
  { by: "actor", key: busy },
  { by: "target", key: busy },
  { by: "name", key: "w-7" },
];
const modes = ["force_generic_plan", "force_custom_plan"] as const;
const cases = narrowings.flatMap((narrowing) => modes.map((mode) => ({ narrowing, by: narrowing.by, mode })));
const picky: Partial<AuditFilter> = { visibleTo: someone };
const filters: readonly Partial<AuditFilter>[] = [
  picky,
  { action: "user.delete", visibleTo: someone, administers: [someone as string as OrganizationId], ownerId: someone },
];

describe.each(cases)("a page by $by ($mode)", ({ narrowing, mode }) => {
  test("is found by its index, from where it begins to where it ends, and reads no other table whole", async () => {
    for (const more of filters) {
      const sent = await sentBy((sql) => auditPage(sql, filterBy(narrowing, more)));
      expect(sent).toHaveLength(2);
      for (const one of sent) {
        const text = await plan(one, mode);
        const scan = new RegExp(`Scan (using|on) audit_log_${narrowing.by} .*\\n +Index Cond: (.*)`).exec(text);
        expect(scan?.[2], text).toMatch(/ROW\(at, id\) < .*ROW\(at, id\) >= /);
        expect(text).not.toContain("Seq Scan");
        // An index that is read without a condition is read whole.
        const scans = text.match(/Index (Only )?Scan (using|on) .*\n.*/g) ?? [];
        expect(scans.filter((each) => !each.includes("Index Cond:"))).toEqual([]);
      }
    }
  });

  test("looks for no end where it passes nothing over: the page is full after as many as it shows", async () => {
    const sent = await sentBy((sql) => auditPage(sql, filterBy(narrowing)));
    expect(sent.map(({ text }) => text)).toEqual([expect.stringContaining("with page as")]);
  });

  test("ends where it has looked at enough, which is found in the index alone and in its order", async () => {
    const [floor] = await sentBy((sql) => auditPage(sql, filterBy(narrowing, picky)));
    if (floor === undefined) throw new Error("nothing was asked");
    const text = await plan(floor, mode);
    expect(text).toContain(`Index Only Scan using audit_log_${narrowing.by} `);
    expect(text).not.toContain("Sort");
  });
});
