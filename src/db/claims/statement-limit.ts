import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const limitStatement: Statement<object> = statement(
  "statement_limit",
  `select set_config('statement_timeout', $1, true)`,
);

/** Ends each later statement of the same transaction that takes longer. */
export async function limitStatements(sql: Sql, limitMs: number): Promise<void> {
  await sql.query(limitStatement, [String(Math.max(1, Math.round(limitMs)))]);
}
