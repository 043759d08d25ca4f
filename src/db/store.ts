import { AsyncLocalStorage } from "node:async_hooks";
import type pg from "pg";
import { CodedError } from "../contracts/errors.ts";
import type { Topic } from "../contracts/news.ts";
import type { Logger } from "../platform/logger.ts";
import { type DatabaseDeadlines, databaseDeadlines } from "./deadlines.ts";
import { isConnectionFailure, isRetryable, isShortage, isTimedOut } from "./pg-errors.ts";
import type { Statement } from "./statement.ts";

/** What both a `Db` and a `Tx` can do. A function that takes a `Sql` runs in whatever it is given. */
export interface Sql {
  query<Row>(statement: Statement<Row>, params: readonly unknown[]): Promise<Row[]>;
}

/** An open transaction. It can collect news, never publish them: the store does after the commit. */
export interface Tx extends Sql {
  readonly kind: "tx";
  emit(topic: Topic): void;
}

/** The database outside any transaction: each query commits by itself. */
export interface Db extends Sql {
  readonly kind: "db";
  /**
   * Runs `run` in a transaction, retried (at most `transactionAttemptsMax` times) after a deadlock or a serialization
   * failure. What it emitted is published after the commit, and only then.
   * @param name for the log and for errors.
   */
  transaction<Result>(name: string, run: (tx: Tx) => Promise<Result>): Promise<Result>;
  /**
   * Runs `run` in a read-only transaction in which every statement sees the same instant. It is a report: each of its
   * statements may take `statementMs`, and as long as a `long` one unless said.
   */
  snapshot<Result>(
    name: string,
    run: (sql: Sql) => Promise<Result>,
    limits?: { readonly statementMs?: number },
  ): Promise<Result>;
  /** Publishes news of what has been committed. */
  publish(topics: readonly Topic[]): void;
  /**
   * Whether the database has room for what is written to it. Once a statement found a full disk or the like, it has none
   * until a write of some size succeeds: small ones may, in room that was there before.
   */
  hasRoom(): Promise<boolean>;
}

export interface DbCounters {
  /** Statements sent since the start, `begin` and `commit` not counted. */
  readonly statements: number;
  readonly transactions: number;
}

const transactionAttemptsMax = 3;
const shortageRetrySeconds = 5;

/** Some megabytes of new blocks, which are gone with the transaction. Not declared: it is a command and has no plan. */
const roomStatement: Statement<object> = {
  name: "database_room",
  text: `create temporary table prewarm_room on commit drop as
select repeat(md5(n::text), 200) as text
from generate_series(1, 500) n`,
};

interface OpenTransaction {
  readonly name: string;
  /** Work that a transaction left running inherits its context; once it has ended, the guard no longer concerns it. */
  isOpen: boolean;
}

const openTransaction = new AsyncLocalStorage<OpenTransaction>();

export interface StoreOptions {
  readonly pool: pg.Pool;
  /** Hands committed news to the bus; must not wait for anything. */
  readonly publish: (topics: readonly Topic[]) => void;
  readonly logger?: Logger;
  /** Those that the pool was made with. */
  readonly deadlines?: DatabaseDeadlines;
}

const beginText = "begin";
const beginSnapshotText = "begin isolation level repeatable read read only";

/**
 * The one implementation of `Db`. A run-time guard, beside the types, the import ban and the lint rule, throws when
 * the outer handle is used or news are published while a transaction is open: that holds one connection and waits
 * for a second, and enough of them at once exhaust the pool for ever.
 */
export class Store implements Db {
  readonly kind = "db";
  readonly #options: StoreOptions;
  readonly #deadlines: DatabaseDeadlines;
  #statements = 0;
  #transactions = 0;
  #isShort = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? databaseDeadlines;
  }

  get counters(): DbCounters {
    return { statements: this.#statements, transactions: this.#transactions };
  }

  async query<Row>(statement: Statement<Row>, params: readonly unknown[]): Promise<Row[]> {
    assertOutside(`the query ${statement.name}`);
    try {
      if (statement.class === "long") {
        const begin = { text: beginText, statementMs: this.#deadlines.longStatementMs };
        return (await this.#attempt(statement.name, begin, async (tx) => tx.query(statement, params))).result;
      }
      this.#statements += 1;
      return (await this.#options.pool.query(this.#configOf(statement, params))).rows;
    } catch (error) {
      throw this.#translate(error, statement.name);
    }
  }

  publish(topics: readonly Topic[]): void {
    assertOutside("a publish");
    if (topics.length === 0) return;
    try {
      this.#options.publish(topics);
    } catch (error) {
      // What the news are about is committed, and stays so: losing them costs a poll, failing the caller a lie.
      this.#options.logger?.warn("news could not be published; who waits for them sees at the next poll", {
        reason: String(error),
      });
    }
  }

  async transaction<Result>(name: string, run: (tx: Tx) => Promise<Result>): Promise<Result> {
    assertOutside(`the transaction ${name}`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { result, topics } = await this.#attempt(name, { text: beginText }, run);
        this.publish(topics);
        return result;
      } catch (error) {
        if (attempt >= transactionAttemptsMax || !isRetryable(error)) throw this.#translate(error, name);
      }
    }
  }

  async snapshot<Result>(
    name: string,
    run: (sql: Sql) => Promise<Result>,
    { statementMs = this.#deadlines.longStatementMs }: { readonly statementMs?: number } = {},
  ): Promise<Result> {
    assertOutside(`the snapshot ${name}`);
    try {
      return (await this.#attempt(name, { text: beginSnapshotText, statementMs }, run)).result;
    } catch (error) {
      throw this.#translate(error, name);
    }
  }

  async hasRoom(): Promise<boolean> {
    if (!this.#isShort) return true;
    try {
      await this.transaction("prove room", async (tx) => tx.query(roomStatement, []));
      this.#isShort = false;
    } catch {
      // Whoever asks wants to know whether, and the log has had the reason.
    }
    return !this.#isShort;
  }

  #translate(error: unknown, doing: string): unknown {
    if (!isShortage(error)) return translate(error, doing);
    if (!this.#isShort) {
      this.#options.logger?.error("the database has no room to write; it is asked again until it has", {
        doing,
        reason: reasonOf(error),
      });
    }
    this.#isShort = true;
    return new CodedError(
      "database_unavailable",
      `The database has no room to write (${doing}), and nothing was done: ${reasonOf(error)}. Free space on its disk.`,
      { cause: error, retryAfterSeconds: shortageRetrySeconds },
    );
  }

  async #attempt<Result>(
    name: string,
    begin: Begin,
    run: (tx: Tx) => Promise<Result>,
  ): Promise<{ result: Result; topics: Topic[] }> {
    const client = await this.#options.pool.connect();
    client.on("error", ignoreLostConnection);
    const topics = new Set<Topic>();
    const open: OpenTransaction = { name, isOpen: true };
    this.#transactions += 1;
    let failure: Error | undefined;
    try {
      await client.query(this.#command(textOf(begin)));
      const tx: Tx = {
        kind: "tx",
        emit: (topic) => void topics.add(topic),
        query: this.#queryIn(client, open, begin.statementMs),
      };
      const result = await openTransaction.run(open, () => run(tx));
      open.isOpen = false;
      // A statement that failed and whose error was swallowed has doomed the transaction; PostgreSQL answers a commit
      // of it with a rollback, and not with an error.
      const { command } = await client.query(this.#command("commit"));
      if (command !== "COMMIT")
        throw new Error(`the transaction ${name} was rolled back: a statement in it had failed.`);
      return { result, topics: [...topics] };
    } catch (error) {
      open.isOpen = false;
      failure = await this.#rollBack(client, error);
      throw error;
    } finally {
      client.off("error", ignoreLostConnection);
      // A connection whose rollback failed is in an unknown state and must not go back into the pool.
      client.release(failure);
    }
  }

  /** A transaction's statements. Unless all have a limit, the first `long` one raises it for the rest of them. */
  #queryIn(client: pg.PoolClient, open: OpenTransaction, statementMs: number | undefined): Tx["query"] {
    let limitMs = statementMs;
    return async (statement, params) => {
      if (!open.isOpen) {
        throw new Error(`the query ${statement.name} came after the end of the transaction ${open.name}.`);
      }
      this.#statements += 1;
      if (statement.class === "long" && limitMs === undefined) {
        limitMs = this.#deadlines.longStatementMs;
        await client.query(this.#command(raiseText(limitMs)));
      }
      return (await client.query(this.#configOf(statement, params, limitMs))).rows;
    };
  }

  /**
   * Whoever got no answer in time leaves a connection of which nobody knows where it stands, nor which statements it has
   * prepared: it is closed like one that broke.
   */
  async #rollBack(client: pg.PoolClient, error: unknown): Promise<Error | undefined> {
    if (isConnectionFailure(error)) return error instanceof Error ? error : new Error(String(error));
    try {
      await client.query(this.#command("rollback"));
      return undefined;
    } catch (failure) {
      return failure instanceof Error ? failure : new Error(String(failure));
    }
  }

  #configOf(statement: Statement<unknown>, params: readonly unknown[], limitMs?: number): TimedQuery {
    const { lookMs, statementMs, silenceMs } = this.#deadlines;
    const answerMs = statement.class === "look" ? lookMs : (limitMs ?? statementMs) + silenceMs;
    return { name: statement.name, text: statement.text, values: params as unknown[], query_timeout: answerMs };
  }

  #command(text: string): TimedQuery {
    return { text, query_timeout: this.#deadlines.statementMs + this.#deadlines.silenceMs };
  }
}

/** `pg` ends the wait for the answer itself; its types know the limit for whole connections only. */
type TimedQuery = pg.QueryConfig & { readonly query_timeout: number };

interface Begin {
  readonly text: string;
  /** What each statement may take; undefined for what its class says. */
  readonly statementMs?: number;
}

/** Both in one message: the limit costs no round trip. */
function textOf({ text, statementMs }: Begin): string {
  return statementMs === undefined ? text : `${text}; ${raiseText(statementMs)}`;
}

function raiseText(statementMs: number): string {
  return `set local statement_timeout = ${Math.max(1, Math.round(statementMs))}`;
}

// A connection that breaks while it is ours fails the query under way; the event, unheard, would end the process.
function ignoreLostConnection(): void {
  return;
}

function assertOutside(what: string): void {
  const open = openTransaction.getStore();
  if (open?.isOpen === true) {
    throw new Error(
      `${what} was attempted while the transaction ${open.name} is open; use its tx (tx.query, tx.emit).`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function translate(error: unknown, doing: string): unknown {
  const reason = reasonOf(error);
  if (isTimedOut(error)) {
    return new CodedError(
      "database_timeout",
      `The database took too long (${doing}), and nothing was done: ${reason}.`,
      {
        cause: error,
        retryAfterSeconds: 1,
      },
    );
  }
  if (!isConnectionFailure(error)) return error;
  return new CodedError("database_unavailable", `The database cannot be reached (${doing}): ${reason}.`, {
    cause: error,
    retryAfterSeconds: 1,
  });
}
