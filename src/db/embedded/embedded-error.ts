export type EmbeddedPostgresErrorCode =
  | "unsupported_platform"
  | "binaries_missing"
  | "binaries_unusable"
  | "account_missing"
  | "data_dir_not_writable"
  | "data_dir_unreachable"
  | "data_dir_owner"
  | "data_dir_in_use"
  | "data_dir_corrupt"
  | "data_dir_newer"
  | "data_dir_older"
  | "socket_dir_unavailable"
  | "initdb_failed"
  | "start_failed"
  | "start_timeout"
  | "stopped";

/** Why the embedded PostgreSQL cannot run. The message says what happened, why, and what to do next. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EmbeddedPostgresError";
    this.code = code;
  }
}

/** The code that the operating system gave an error (`EACCES`, `ENOENT`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
