import type pg from "pg";
import { type Logger, silentLogger } from "../platform/logger.ts";
import { sleep } from "../platform/sleep.ts";
import { MigrationError } from "./migration-error.ts";
import { isRetryable } from "./pg-errors.ts";
import { type MigrationFile, migrationsFolder, readMigrationFiles } from "./migration-files.ts";

/**
 * Where the database keeps which migrations it has had. Earlier releases migrated with the package Kysely: its tables and
 * its lock stay in use, so that databases go on and a server of such a release that starts beside ours waits its turn.
 * The second table is empty of meaning, and new databases do not have it.
 */
export const migrationTables = { applied: "schema_migrations", lock: "schema_migrations_lock" } as const;

export interface MigrationReport {
  /** Names of the migrations that this call applied, in order; another server may have applied the others. */
  readonly applied: readonly string[];
  /** Name of the newest migration that the database has now; undefined when there are none at all. */
  readonly version: string | undefined;
}

/** Key of the advisory lock under which migrations are applied: Kysely's own. */
const lockKey = "3853314791062309107";

const migrationAttemptsMax = 20;
const retryPauseMs = 50;

const createAppliedTable = `create table if not exists ${migrationTables.applied} (
  name varchar(255) primary key,
  timestamp varchar(255) not null
)`;

const noteApplied = `insert into ${migrationTables.applied} (name, timestamp)
values ($1, to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

interface Queryable {
  query(text: string): Promise<{ readonly rows: readonly { readonly name: string }[] }>;
}

/** Names of the migrations that a database has had, oldest first; empty for a new database. */
export async function appliedMigrations(db: Queryable): Promise<readonly string[]> {
  const found = await db.query(`select to_regclass('${migrationTables.applied}')::text as name`);
  // `to_regclass` answers null for what is not there, whatever the type says.
  if (!found.rows[0]?.name) return [];
  const rows = (await db.query(`select name from ${migrationTables.applied} order by name limit 10000`)).rows;
  return rows.map((row) => row.name);
}

/**
 * The database's migrations must be the first ones of ours: a newer database is written in ways this release does
 * not know, and working on it could destroy what the newer release relies on.
 */
function requireKnown(applied: readonly string[], files: readonly MigrationFile[]): void {
  const newestKnown = files.at(-1)?.name ?? "";
  const unknown = applied.filter((name) => !files.some((file) => file.name === name));
  const [first] = unknown;
  if (first !== undefined && unknown.every((name) => name > newestKnown)) {
    throw new MigrationError(
      "schema_newer",
      `The database was migrated by a newer release of Prewarm (it has ${applied.at(-1)}, and this release knows up to ${newestKnown || "nothing"}). ` +
        "Start that release, or a later one, or restore a backup made before the upgrade.",
    );
  }
  const misplaced = first ?? applied.find((name, index) => files[index]?.name !== name);
  if (misplaced !== undefined) {
    throw new MigrationError(
      "schema_diverged",
      `The database's migrations are not those of this release: ${misplaced} ${first === undefined ? "was applied before an older one" : "is not part of it"}. ` +
        "Start the release that made the database, or restore a backup.",
    );
  }
}

function lineOf(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

function failure({ name, sql: source }: MigrationFile, error: unknown): MigrationError {
  const position = typeof error === "object" && error !== null && "position" in error ? Number(error.position) : 0;
  const line = position > 0 ? `, line ${lineOf(source, position)}` : "";
  const said = error instanceof Error ? error.message : String(error);
  return new MigrationError(
    "migration_failed",
    `The migration ${name}.sql${line} failed and was rolled back: ${said}. The database is as it was before it. ` +
      "Remove the cause, then start the server again.",
    { cause: error },
  );
}

/**
 * Brings the database to the newest known schema, each migration in a transaction of its own. Safe to call from
 * several servers at once: an advisory lock lets one work while the others wait. Throws `MigrationError`.
 * @param options.until name of the migration that is the last one to be applied; one that is not ours means all.
 */
export async function migrate(
  pool: pg.Pool,
  options: { readonly folder?: string; readonly logger?: Logger; readonly until?: string } = {},
): Promise<MigrationReport> {
  const logger = options.logger ?? silentLogger;
  const files = readMigrationFiles(options.folder ?? migrationsFolder());
  const last = files.findIndex(({ name }) => name === options.until);
  const wanted = last < 0 ? files.length : last + 1;
  const before = await appliedMigrations(pool);
  requireKnown(before, files);
  const applied: string[] = [];
  // One at a time, because one transaction over all would hold its locks for their sum, and PostgreSQL refuses to
  // use some things (a new value of a type) in the transaction that made them. The usual start has nothing to do, and
  // takes no lock.
  for (let known = before.length; known < wanted; known += 1) {
    const name = await applyNextPatiently(pool, { files, logger });
    if (name === undefined) break;
    applied.push(name);
    logger.info("migration applied", { migration: name });
  }
  return { applied, version: (await appliedMigrations(pool)).at(-1) };
}

/**
 * Servers of the release before go on working while we migrate, and take the same tables in another order: PostgreSQL ends
 * one of two that wait for each other. Nothing of the migration has happened then, and it is tried again.
 */
async function applyNextPatiently(
  pool: pg.Pool,
  options: { readonly files: readonly MigrationFile[]; readonly logger: Logger },
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await applyNext(pool, options.files);
    } catch (error) {
      if (attempt >= migrationAttemptsMax || !isRetryable(causeOf(error))) throw error;
      options.logger.warn("a migration and a working server waited for each other; it is tried again", { attempt });
      await sleep(retryPauseMs * attempt);
    }
  }
}

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

/** Applies the first migration that the database has not had. @returns its name; undefined when it has had all. */
async function applyNext(pool: pg.Pool, files: readonly MigrationFile[]): Promise<string | undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const name = await applyWithin(client, files);
    await client.query("commit");
    return name;
  } catch (error) {
    await client.query("rollback").catch((lost: unknown) => {
      broken = lost instanceof Error ? lost : new Error(String(lost));
    });
    if (error instanceof MigrationError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new MigrationError("migration_failed", `The database could not be migrated: ${said}.`, { cause: error });
  } finally {
    client.release(broken);
  }
}

async function applyWithin(client: pg.ClientBase, files: readonly MigrationFile[]): Promise<string | undefined> {
  // A migration, and the wait for another server's, may take longer than any request may; the limits return with the
  // end of the transaction.
  await client.query("set local statement_timeout = 0; set local lock_timeout = 0");
  await client.query(`select pg_advisory_xact_lock(${lockKey})`);
  await client.query(createAppliedTable);
  const applied = await appliedMigrations(client);
  // Another server, maybe a newer one, may have migrated since the last look.
  requireKnown(applied, files);
  const next = files[applied.length];
  if (next === undefined) return undefined;
  try {
    await client.query(next.sql);
  } catch (error) {
    throw failure(next, error);
  }
  await client.query(noteApplied, [next.name]);
  return next.name;
}
