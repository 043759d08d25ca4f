import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type pg from "pg";
import { retentionTable } from "../../src/db/retention/retention-table.ts";
import { declaredStatements, type Statement } from "../../src/db/statement.ts";

const dbFolder = path.resolve(import.meta.dirname, "../../src/db");

/** Every statement that the modules of the store declare. */
export async function allStatements(): Promise<readonly Statement<object>[]> {
  const files = readdirSync(dbFolder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".d.ts"),
  );
  for (const file of files) await import(pathToFileURL(path.join(dbFolder, file)).href);
  // A test that ran before in this process may have declared statements of its own.
  return declaredStatements().filter(({ name }) => !name.startsWith("test_"));
}

export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Plan Rows": number;
  readonly "Parent Relationship"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The plan that PostgreSQL makes once and uses for whatever values a statement is run with. */
export async function genericPlan(client: pg.ClientBase, text: string): Promise<PlanNode> {
  await client.query("set plan_cache_mode = force_generic_plan");
  await client.query(`prepare looked_at as ${text}`);
  try {
    const { rows: types } = await client.query<{ count: number }>(
      "select coalesce(cardinality(parameter_types), 0) as count from pg_prepared_statements where name = 'looked_at'",
    );
    const nulls = Array.from({ length: types[0]?.count ?? 0 }, () => "null").join(", ");
    const { rows } = await client.query<{ "QUERY PLAN": readonly [{ readonly Plan: PlanNode }] }>(
      `explain (format json) execute looked_at${nulls === "" ? "" : `(${nulls})`}`,
    );
    const plan = rows[0]?.["QUERY PLAN"][0].Plan;
    if (plan === undefined) throw new Error("explain said nothing");
    return plan;
  } finally {
    await client.query("deallocate looked_at");
  }
}

/**
 * Makes the planner believe that the tables that grow have so many times the rows that they have. It counts rows by their
 * density, so this works in every release; their pages stay as few as they are, so it errs towards reading all of them.
 */
export async function pretendRows(client: pg.ClientBase, times: number): Promise<void> {
  await client.query(
    `update pg_class c
set reltuples = c.reltuples * $2
where c.reltuples > 0
  and (c.oid in (select to_regclass(t) from unnest($1::text[]) t)
    or c.oid in (select i.indexrelid from pg_index i where i.indrelid in (select to_regclass(t) from unnest($1::text[]) t)))`,
    [[...largeTables], times],
  );
}

const largeTables: ReadonlySet<string> = new Set(
  Object.entries(retentionTable).flatMap(([table, { isLarge }]) => (isLarge ? [table] : [])),
);

/** Partial indexes whose entries are what lives, or waits for somebody: reading one of them whole is no look at history. */
const indexesOfWhatLives: ReadonlySet<string> = new Set([
  "workspaces_owner_name",
  "agents_with_settings",
  "prebuilds_live",
  "prebuilds_kept",
  "jobs_queue",
  "jobs_leased",
  "jobs_of_daemon",
  "jobs_rehearsals",
  "notification_deliveries_due",
  "notification_deliveries_dead",
  "provider_states_plain",
]);

/** Rows that may be sorted at once, as the planner expects them: a page, and what it is chosen from. */
const sortedRowsMax = 100_000;

/**
 * What is wrong with a plan, in words that an exception can name:
 * - `scan of T`: all of a table that grows is read;
 * - `whole index I`: an index of one is read without a condition, no limit ends that early, and it has not only what lives;
 * - `sort`: more than `sortedRowsMax` rows are sorted. What is sorted is bounded by an index, as nothing else is read.
 */
export function findingsOf(plan: PlanNode): readonly string[] {
  const found = new Set<string>();
  const visit = (node: PlanNode, isLimited: boolean): void => {
    const { "Node Type": type, "Relation Name": table, "Index Name": index } = node;
    if (type === "Seq Scan" && table !== undefined && largeTables.has(table)) found.add(`scan of ${table}`);
    const isOfHistory = index !== undefined && isOfLargeTable(index) && !indexesOfWhatLives.has(index);
    if (isOfHistory && node["Index Cond"] === undefined && !isLimited) found.add(`whole index ${index}`);
    const input = node.Plans?.[0];
    if (type === "Sort" && (input?.["Plan Rows"] ?? 0) > sortedRowsMax) found.add("sort");
    for (const child of node.Plans ?? []) visit(child, passesLimit(node, child, isLimited));
  };
  visit(plan, false);
  return [...found];
}

/** Indexes are named for their tables. */
function isOfLargeTable(index: string): boolean {
  return [...largeTables].some((table) => index.startsWith(`${table}_`));
}

/** Whether a node is asked only for as many rows as a limit above it wants. */
function passesLimit(parent: PlanNode, child: PlanNode, isLimited: boolean): boolean {
  const relationship = child["Parent Relationship"];
  if (relationship === "InitPlan" || relationship === "SubPlan") return false;
  switch (parent["Node Type"]) {
    case "Limit":
      return true;
    case "LockRows":
    case "Result":
    case "Subquery Scan":
    case "Append":
    case "Merge Append":
      return isLimited;
    case "Nested Loop":
      return isLimited && relationship === "Outer";
    default:
      return false;
  }
}

/** Plans that have to be as they are. One that is not needed any more fails the tests. */
export const planExceptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pool_totals_fold_outcomes: {
    sort: "What came between two marks, seconds apart; the planner takes a ninth of all for a range that it does not know.",
  },
  resources_missing: {
    "scan of provider_states":
      "All that exists is compared with a report of what there is: one row of a living workspace.",
  },
  resources_missing_due: {
    "scan of provider_states":
      "All that exists is compared with a report of what there is: one row of a living workspace.",
  },
};

/** Everything that is wrong and no exception, and the exceptions that nothing needs. */
export async function judgePlans(
  client: pg.ClientBase,
): Promise<{ readonly wrong: readonly string[]; readonly unneeded: readonly string[]; readonly looked: number }> {
  const statements = await allStatements();
  const wrong: string[] = [];
  const met = new Set<string>();
  for (const { name, text } of statements) {
    for (const finding of findingsOf(await genericPlan(client, text))) {
      if (planExceptions[name]?.[finding] === undefined) wrong.push(`${name}: ${finding}`);
      else met.add(`${name}: ${finding}`);
    }
  }
  const excepted = Object.entries(planExceptions).flatMap(([name, kinds]) =>
    Object.keys(kinds).map((finding) => `${name}: ${finding}`),
  );
  return { wrong, unneeded: excepted.filter((one) => !met.has(one)), looked: statements.length };
}
