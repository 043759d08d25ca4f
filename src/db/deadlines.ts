/**
 * How long a statement may take. `look`: asked at every request, by an index. `write`: everything else that a request
 * or a controller waits for. `long`: what walks much of a table and nobody waits for, as a report or a prune.
 */
export type StatementClass = "look" | "write" | "long";

/**
 * What every wait for the database is bounded by, in milliseconds. PostgreSQL ends what takes too long, and says so; the
 * client's own limit is above it, and is met only where PostgreSQL cannot be heard: packets are dropped and nothing
 * closes the connection. `look` has a client's limit alone: it is what tells a silent line within seconds.
 */
export interface DatabaseDeadlines {
  /** For a free connection of the pool, or for a new one. */
  readonly connectMs: number;
  /** For a lock that another transaction holds. Below `statementMs`, so that the error names the reason. */
  readonly lockMs: number;
  /** One statement at the server, unless it is `long`. */
  readonly statementMs: number;
  readonly longStatementMs: number;
  /** A transaction whose server stopped sending statements: it is rolled back, and its locks are free. */
  readonly idleInTransactionMs: number;
  /** The client's whole wait for a `look`. */
  readonly lookMs: number;
  /** The client waits so much longer than PostgreSQL may take, before it gives the connection up. */
  readonly silenceMs: number;
}

export const databaseDeadlines: DatabaseDeadlines = {
  connectMs: 10_000,
  lockMs: 8_000,
  statementMs: 10_000,
  longStatementMs: 120_000,
  idleInTransactionMs: 15_000,
  lookMs: 5_000,
  silenceMs: 2_000,
};

/** An idle connection asks its peer for a sign of life after this long; a peer that is gone is found by the kernel. */
export const keepAliveDelayMs = 10_000;
