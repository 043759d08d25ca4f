import { Kysely, type Migration, Migrator, PostgresDialect, sql } from "kysely";
import type pg from "pg";
import { type Logger, silentLogger } from "../platform/logger.ts";
import { MigrationError } from "./migration-error.ts";
import { type MigrationFile, migrationsFolder, readMigrationFiles } from "./migration-files.ts";

/** Where the database keeps which migrations it has had. Kysely's Migrator owns both tables. */
export const migrationTables = { applied: "schema_migrations", lock: "schema_migrations_lock" } as const;

export interface MigrationReport {
  /** Names of the migrations that this call applied, in order; another server may have applied the others. */
  readonly applied: readonly string[];
  /** Name of the newest migration that the database has now; undefined when there are none at all. */
  readonly version: string | undefined;
}

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

function failure(name: string, files: readonly MigrationFile[], error: unknown): MigrationError {
  const source = files.find((file) => file.name === name)?.sql ?? "";
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

function migrationsOf(files: readonly MigrationFile[]): Record<string, Migration> {
  const entry = (file: MigrationFile): [string, Migration] => [
    file.name,
    {
      async up(db) {
        // A migration may take longer than any request may; the limits return with the end of the transaction.
        await sql`set local statement_timeout = 0; set local lock_timeout = 0`.execute(db);
        await sql.raw(file.sql).execute(db);
      },
    },
  ];
  return Object.fromEntries(files.map(entry));
}

/**
 * Brings the database to the newest known schema, each migration in a transaction of its own. Safe to call from
 * several servers at once: an advisory lock lets one work while the others wait. Throws `MigrationError`.
 */
export async function migrate(
  pool: pg.Pool,
  options: { readonly folder?: string; readonly logger?: Logger } = {},
): Promise<MigrationReport> {
  const logger = options.logger ?? silentLogger;
  const files = readMigrationFiles(options.folder ?? migrationsFolder());
  requireKnown(await appliedMigrations(pool), files);
  // The pool is the caller's: this Kysely is never destroyed, as that would end it.
  const migrator = new Migrator({
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }),
    provider: { getMigrations: () => Promise.resolve(migrationsOf(files)) },
    migrationTableName: migrationTables.applied,
    migrationLockTableName: migrationTables.lock,
  });
  const applied: string[] = [];
  // One at a time, because one transaction over all would hold its locks for their sum, and PostgreSQL refuses to
  // use some things (a new value of a type) in the transaction that made them. One turn more than there are files.
  for (let turn = 0; turn <= files.length; turn += 1) {
    const { error, results = [] } = await migrator.migrateUp();
    const failed = results.find((result) => result.status === "Error");
    if (failed !== undefined) throw failure(failed.migrationName, files, error);
    if (error !== undefined) {
      // Another, newer server may have migrated since the look above.
      requireKnown(await appliedMigrations(pool), files);
      const said = error instanceof Error ? error.message : JSON.stringify(error);
      throw new MigrationError("migration_failed", `The database could not be migrated: ${said}.`, {
        cause: error,
      });
    }
    if (results.length === 0) break;
    for (const result of results) {
      applied.push(result.migrationName);
      logger.info("migration applied", { migration: result.migrationName });
    }
  }
  return { applied, version: (await appliedMigrations(pool)).at(-1) };
}
