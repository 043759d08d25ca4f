import pg from "pg";
import { createPool } from "../../src/db/pg-pool.ts";
import { type Logger, silentLogger } from "../../src/platform/logger.ts";
import { sleep } from "../../src/platform/sleep.ts";
import { copyDatabase, type TestDatabase } from "./database.ts";
import { lentPool } from "./lent-pool.ts";
import { prepareToRestore, restorePristine } from "./pristine.ts";
import { connectionsMaxUnlessSaid } from "./server.ts";

/** A database that a test has for itself, and that another one has after it, with the content it began with. */
export interface LentDatabase extends TestDatabase {
  /** With connections that have their statements prepared; to be ended, by `end`, before the database is given back. */
  readonly pool: pg.Pool;
  /** Makes it as new for another test, or drops it where that is not certain. */
  giveBack(): Promise<void>;
}

interface Kept {
  readonly database: TestDatabase;
  readonly pool: pg.Pool;
  readonly restorer: pg.Client;
  /** Whose pool it is at present. */
  logger: Logger;
  lendings: number;
  rowsRemoved: number;
}

const keptMax = 6;
// Nothing vacuums, so what tests leave behind is walked over by every scan, until the database is replaced.
const lendingsMax = 40;
const rowsRemovedMax = 5000;

const goodbyePollMs = 2;
const goodbyeLooksMax = 100;
const forget = "reset all; select pg_advisory_unlock_all(); unlisten *";

const kept: Kept[] = [];

async function prepare(template: string): Promise<Kept> {
  const database = await copyDatabase(template);
  const restorer = new pg.Client(database.connection);
  // Lost when a test cuts everybody off: then the restoring fails, and the database is dropped.
  restorer.on("error", () => undefined);
  await restorer.connect();
  await prepareToRestore(restorer);
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => current.logger.warn(message, fields),
  };
  const pool = createPool({
    connection: database.connection,
    connectionsMax: connectionsMaxUnlessSaid,
    idleMax: 2,
    logger,
  });
  const current: Kept = { database, pool, restorer, logger: silentLogger, lendings: 0, rowsRemoved: 0 };
  return current;
}

async function remove({ pool, restorer, database }: Kept): Promise<void> {
  await Promise.all([pool.end(), restorer.end().catch(() => undefined)]);
  await database.drop();
}

/** @returns whether every connection of the pool is as it was when it was opened, but for its prepared statements. */
async function forgetSessions(pool: pg.Pool): Promise<boolean> {
  if (pool.waitingCount > 0 || pool.idleCount !== pool.totalCount) return false;
  const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()));
  let areAllIdle = true;
  for (const client of clients) if (client.getTransactionStatus() !== "I") areAllIdle = false;
  if (areAllIdle) await Promise.all(clients.map((client) => client.query(forget)));
  // The last one released is the first one lent: the one with the most statements prepared.
  for (const client of clients.toReversed()) client.release();
  return areAllIdle;
}

/** @returns whether nobody is connected but the pool and the restorer; waits for those who have just said goodbye. */
async function isAlone({ pool, restorer }: Kept): Promise<boolean> {
  const others =
    "select pg_stat_get_db_numbackends(oid)::integer as count from pg_database where datname = current_database()";
  for (let look = 0; look < goodbyeLooksMax; look += 1) {
    const { rows } = await restorer.query({ name: "pristine_others", text: others });
    if (rows[0].count === pool.totalCount + 1) return true;
    await sleep(goodbyePollMs);
  }
  return false;
}

async function renew(one: Kept): Promise<boolean> {
  if (one.lendings >= lendingsMax || kept.length >= keptMax) return false;
  try {
    if (!(await forgetSessions(one.pool)) || !(await isAlone(one))) return false;
    one.rowsRemoved += (await restorePristine(one.restorer)).removed;
  } catch {
    return false;
  }
  return one.rowsRemoved < rowsRemovedMax;
}

/** @param template the name of a database with a preserved content, which is what the test finds. */
export async function lendDatabase(template: string, logger: Logger): Promise<LentDatabase> {
  const one = kept.pop() ?? (await prepare(template));
  one.logger = logger;
  one.lendings += 1;
  return {
    ...one.database,
    pool: lentPool(one.pool),
    drop: () => remove(one),
    giveBack: async () => {
      one.logger = silentLogger;
      if (await renew(one)) kept.push(one);
      else await remove(one);
    },
  };
}
