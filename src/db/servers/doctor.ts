import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface DatabaseFacts {
  readonly version: string;
  readonly is_read_only: boolean;
  readonly size_bytes: number;
  readonly connections: number;
  readonly connections_max: number;
  readonly pending_jobs: number;
  readonly oldest_pending: Date | null;
  readonly draining_failed: number;
}

const factsStatement: Statement<DatabaseFacts> = statement(
  "doctor_facts",
  `select current_setting('server_version') as version, pg_database_size(current_database()) as size_bytes,
  current_setting('transaction_read_only') = 'on' as is_read_only,
  (select count(*)::int from pg_stat_activity where datname = current_database()) as connections,
  current_setting('max_connections')::int as connections_max,
  (select count(*)::int from jobs where status = 'pending') as pending_jobs,
  (select min(created_at) from jobs where status = 'pending') as oldest_pending,
  (select count(*)::int
    from prebuilds b
    join workspaces w on w.id = b.workspace_id
    join builds l on l.id = w.latest_build_id
    join jobs j on j.id = l.job_id
    where b.state = 'draining'
      and j.status in ('failed', 'canceled')) as draining_failed`,
  "long",
);

export async function databaseFacts(sql: Sql): Promise<DatabaseFacts> {
  const [row] = await sql.query(factsStatement, []);
  if (row === undefined) throw new Error("The facts of the database came back empty.");
  return row;
}

const pingStatement: Statement<{ readonly is_writable: boolean }> = statement(
  "ping",
  // Off also in a standby, whatever its settings say.
  `select current_setting('transaction_read_only') = 'off' as is_writable`,
  "look",
);

/** Whether the database takes writes. Throws when it does not answer. */
export async function isDatabaseWritable(sql: Sql): Promise<boolean> {
  const [row] = await sql.query(pingStatement, []);
  return row?.is_writable === true;
}
