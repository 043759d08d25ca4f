import pg from "pg";
import type { Logger } from "../platform/logger.ts";
import { sleep } from "../platform/sleep.ts";
import { type DatabaseDeadlines, databaseDeadlines, keepAliveDelayMs } from "./deadlines.ts";

// Counters and identities are bigint in the schema and stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** The last instant that there is for JavaScript. */
const instantMsMax = 8.64e15;
const parseInstant = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => Date | number;

// PostgreSQL has instants that are none here (`infinity`, the year 294,276). One such row, written by whatever release,
// shall not make every answer that it is part of fail.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string): Date => {
  const at = parseInstant(text);
  const ms = at instanceof Date ? at.getTime() : at;
  if (at instanceof Date && !Number.isNaN(ms)) return at;
  return new Date(ms < 0 ? -instantMsMax : instantMsMax);
});

export interface PoolOptions {
  readonly connection: pg.PoolConfig;
  readonly connectionsMax: number;
  readonly idleMax: number;
  readonly logger: Logger;
  /** `none`: no statement is ended, however long it takes. For seeding and migrations, where nobody waits. */
  readonly deadlines?: DatabaseDeadlines | "none";
}

const idleTimeoutMs = 30_000;

/**
 * The connection pool. At most `connectionsMax` are open; above `idleMax` they are closed after 30 s of rest.
 * The limits of statements travel with the greeting of each connection, so that they cost no statement.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { deadlines = databaseDeadlines } = options;
  const pool = new pg.Pool({
    application_name: "prewarm",
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    ...(deadlines === "none" ? {} : limitsOf(deadlines)),
    ...options.connection,
    max: options.connectionsMax,
    min: Math.min(options.idleMax, options.connectionsMax),
    connectionTimeoutMillis: (deadlines === "none" ? databaseDeadlines : deadlines).connectMs,
    idleTimeoutMillis: idleTimeoutMs,
  });
  // Without a listener an idle connection that the server closes ends the process.
  pool.on("error", (error) => options.logger.warn("an idle database connection was lost", { reason: error.message }));
  return pool;
}

function limitsOf(deadlines: DatabaseDeadlines): pg.ClientConfig {
  return {
    statement_timeout: deadlines.statementMs,
    lock_timeout: deadlines.lockMs,
    idle_in_transaction_session_timeout: deadlines.idleInTransactionMs,
  };
}

/** Time for the connections of a pool that has ended to be gone from the database. */
const goneMs = 5_000;

/** Ends the pool, and is over when its connections are. */
export type EndPool = () => Promise<void>;

/**
 * A pool does not wait for its connections when it ends, and a database that is stopped before they have gone complains
 * of each of them.
 * @returns what ends it. To be asked for before the first connection.
 */
export function endsWithConnections(pool: pg.Pool): EndPool {
  const open = new Map<pg.PoolClient, Promise<void>>();
  pool.on("connect", (client) => {
    const gone = new Promise<void>((resolve) => client.once("end", resolve));
    open.set(
      client,
      gone.then(() => void open.delete(client)),
    );
  });
  return async () => {
    await pool.end();
    const over = new AbortController();
    await Promise.race([Promise.all(open.values()), sleep(goneMs, over.signal)]);
    over.abort();
  };
}
