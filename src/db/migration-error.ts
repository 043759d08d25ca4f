export type MigrationErrorCode =
  /** The database was migrated by a newer release. */
  | "schema_newer"
  /** The database holds migrations that are not those of this release, or in another order. */
  | "schema_diverged"
  | "migration_failed"
  | "migration_files_invalid";

export class MigrationError extends Error {
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MigrationError";
    this.code = code;
  }
}
