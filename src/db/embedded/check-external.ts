import pg from "pg";

/** Oldest supported major version of an external PostgreSQL. */
export const externalMajorMin = 15;
const connectTimeoutMs = 10_000;

export type ExternalPostgresErrorCode =
  | "pg_url_invalid"
  | "pg_unreachable"
  | "pg_auth_failed"
  | "pg_database_missing"
  | "pg_tls_failed"
  | "pg_too_old"
  | "pg_refused";

/** Why an external PostgreSQL cannot be used. The message never holds the password. */
export class ExternalPostgresError extends Error {
  readonly code: ExternalPostgresErrorCode;

  constructor(code: ExternalPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ExternalPostgresError";
    this.code = code;
  }
}

export interface ExternalPostgres {
  /** As PostgreSQL writes it: `16.2`. */
  readonly version: string;
  readonly majorVersion: number;
}

function parseUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new ExternalPostgresError(
      "pg_url_invalid",
      "pg.url is not a PostgreSQL URL. It looks like postgresql://user:password@host:5432/database; " +
        "characters such as @ : / # in the password must be percent-encoded.",
    );
  }
  return new URL(text);
}

/** Refuses a server that is too old. `versionNumber` is `server_version_num`: 150004 is 15.4. */
export function requireSupported(where: string, versionNumber: number): ExternalPostgres {
  const majorVersion = Math.floor(versionNumber / 10_000);
  const version = `${majorVersion}.${versionNumber % 10_000}`;
  if (majorVersion < externalMajorMin) {
    throw new ExternalPostgresError(
      "pg_too_old",
      `The PostgreSQL at ${where} is version ${version}, and Prewarm needs ${externalMajorMin} or newer. ` +
        "Upgrade it, or leave pg.url out to use the embedded one.",
    );
  }
  return { version, majorVersion };
}

function fieldOf(error: unknown, name: "code" | "message"): string {
  if (typeof error !== "object" || error === null || !(name in error)) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

function explain(where: string, url: URL, error: unknown): ExternalPostgresError {
  const code = fieldOf(error, "code");
  const said = fieldOf(error, "message") || code || String(error);
  const options = { cause: error };
  if (code === "28P01" || code === "28000") {
    const message = `The PostgreSQL at ${where} refused to sign in ${decodeURIComponent(url.username) || "the user"}: ${said}. Check user and password in pg.url, and pg_hba.conf on the server.`;
    return new ExternalPostgresError("pg_auth_failed", message, options);
  }
  if (code === "3D000") {
    const message = `The PostgreSQL at ${where} says: ${said}. Create the database first, for example: create database prewarm`;
    return new ExternalPostgresError("pg_database_missing", message, options);
  }
  if (/SSL|TLS|certificate/i.test(said) || code.startsWith("ERR_TLS") || code.includes("CERT")) {
    const message = `No encrypted connection to the PostgreSQL at ${where}: ${said}. Check sslmode in pg.url, and the server's certificate.`;
    return new ExternalPostgresError("pg_tls_failed", message, options);
  }
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith("57P0") && !code.startsWith("08")) {
    const message = `The PostgreSQL at ${where} refused: ${said} (${code}). Remove the cause it names, then start the server again.`;
    return new ExternalPostgresError("pg_refused", message, options);
  }
  const message = `The PostgreSQL at ${where} cannot be reached: ${said}. Check host and port in pg.url, and that the server runs and accepts connections from here.`;
  return new ExternalPostgresError("pg_unreachable", message, options);
}

/** Connects once to an external PostgreSQL, and makes sure that it is one Prewarm can use. Throws `ExternalPostgresError`. */
export async function checkExternalPostgres(
  connectionString: string,
  options: { readonly timeoutMs?: number } = {},
): Promise<ExternalPostgres> {
  const url = parseUrl(connectionString);
  const where = `${decodeURIComponent(url.hostname) || "the local socket"}${url.port === "" ? "" : `:${url.port}`}`;
  let client: pg.Client | undefined;
  try {
    const timeoutMs = options.timeoutMs ?? connectTimeoutMs;
    client = new pg.Client({ connectionString, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
    client.on("error", () => {}); // A cut connection fails the statement below, which is where it is reported.
    await client.connect();
    const found = await client.query<{ server_version_num: string }>("show server_version_num");
    return requireSupported(where, Number(found.rows[0]?.server_version_num));
  } catch (error) {
    throw error instanceof ExternalPostgresError ? error : explain(where, url, error);
  } finally {
    await client?.end().catch(() => {});
  }
}
