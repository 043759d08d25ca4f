import pg from "pg";
import type { Logger } from "../platform/logger.ts";

// Counters and identities are bigint in the schema and stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface PoolOptions {
  readonly connection: pg.PoolConfig;
  readonly connectionsMax: number;
  readonly idleMax: number;
  readonly logger: Logger;
}

/** Milliseconds that a request waits for a free connection before it is answered `database_unavailable`. */
const connectTimeoutMs = 10_000;
const idleTimeoutMs = 30_000;

/**
 * The connection pool. At most `connectionsMax` are open; above `idleMax` they are closed after 30 s of rest.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    application_name: "prewarm",
    ...options.connection,
    max: options.connectionsMax,
    min: Math.min(options.idleMax, options.connectionsMax),
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
  });
  // Without a listener an idle connection that the server closes ends the process.
  pool.on("error", (error) => options.logger.warn("an idle database connection was lost", { reason: error.message }));
  return pool;
}
