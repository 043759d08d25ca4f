/** What is needed to know of an error of the `pg` client, which is an `Error` with fields of the server's report. */
interface ServerReport {
  readonly code?: string;
  readonly constraint?: string;
}

function reportOf(error: unknown): ServerReport {
  return typeof error === "object" && error !== null ? error : {};
}

/** Deadlock or serialization failure: the same transaction may succeed when tried again. */
export function isRetryable(error: unknown): boolean {
  const { code } = reportOf(error);
  return code === "40P01" || code === "40001";
}

/** The unique index or constraint that refused the row, or undefined when the error is another. */
export function violatedUnique(error: unknown): string | undefined {
  const { code, constraint } = reportOf(error);
  return code === "23505" ? constraint : undefined;
}

/** Whether what was to be stored is what PostgreSQL does not take, however often it is tried: data exceptions, constraints. */
export function isUnstorable(error: unknown): boolean {
  const { code } = reportOf(error);
  return typeof code === "string" && /^2[23]/.test(code);
}

// Class 08: connection; 57P: the server shuts down or starts; 25P03: it ended a transaction that rested; 53300: too many
// connections; 25006: read-only.
const connectionCodes = /^(08|57P|25P03|53300|25006|ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)/;
const connectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|not queryable/;

/** Whether the database could not be reached, or refuses to work at all for now. */
export function isConnectionFailure(error: unknown): boolean {
  const { code } = reportOf(error);
  if (typeof code === "string" && connectionCodes.test(code)) return true;
  return error instanceof Error && connectionMessages.test(error.message);
}

// 53000, 53100: disk full; 53200: out of memory; 53400: a limit of its configuration; 58030: the disk fails.
const shortageCodes = /^(53000|53100|53200|53400|58030)$/;

/** Whether PostgreSQL had no room left for what the statement does: a full disk, above all. It was rolled back. */
export function isShortage(error: unknown): boolean {
  const { code } = reportOf(error);
  return typeof code === "string" && shortageCodes.test(code);
}

/**
 * Whether PostgreSQL ended the statement because it took too long (57014), or waited too long for a lock (55P03).
 * It was rolled back: nothing of it has happened.
 */
export function isTimedOut(error: unknown): boolean {
  const { code } = reportOf(error);
  return code === "57014" || code === "55P03";
}

/** Whether a statement waited too long for a lock: it is in somebody's way, and not the database in everybody's. */
export function isLockTimeout(error: unknown): boolean {
  return reportOf(error).code === "55P03";
}

// Refused or cut before a session began: 08001, 08004, 53300, 57P03; 25006: a read-only database writes nothing.
const unsentCodes = /^(08001|08004|53300|57P03|25006|ECONNREFUSED|ENOENT|EHOSTUNREACH|ENOTFOUND)/;
const unsentMessages = /when trying to connect|connection timeout|timeout expired/;

/** Whether a connection failure is sure to have come before the statement had any effect. */
export function isNothingDone(error: unknown): boolean {
  const { code } = reportOf(error);
  if (typeof code === "string" && unsentCodes.test(code)) return true;
  return error instanceof Error && unsentMessages.test(error.message);
}
