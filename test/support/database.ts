import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type EmbeddedConnection, embeddedUrl } from "../../src/db/embedded/start-embedded.ts";
import { sleep } from "../../src/platform/sleep.ts";

/** The run's database that all others are copied from: global-setup.ts migrates it and leaves it alone. */
const migratedTemplate = "prewarm";
const emptyTemplate = "template1";
const goodbyePollMs = 5;
const goodbyeLooksMax = 400;

export interface TestDatabase {
  /** As `pg.Pool` and `createPool` take it. */
  readonly connection: EmbeddedConnection;
  readonly url: string;
  /** Cuts whatever is still connected, and removes the database. */
  drop(): Promise<void>;
}

async function maintain<Value>(work: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = new pg.Client({ ...inject("testPostgres"), database: "postgres" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * A pool's `end` comes back before the server has noticed the last goodbye, and a connection that is cut in that
 * moment raises an error that nobody listens for any more. So a drop waits for them, and cuts only what stays.
 */
function drop(name: string): Promise<void> {
  return maintain(async (client) => {
    for (let look = 0; look < goodbyeLooksMax; look += 1) {
      const found = await client.query("select from pg_stat_activity where datname = $1 limit 1", [name]);
      if (found.rowCount === 0) break;
      await sleep(goodbyePollMs);
    }
    await client.query(`drop database if exists ${name} with (force)`);
  });
}

/**
 * A database of a test's own, migrated (or with nothing in it, for tests of migrations). It takes some 50 ms.
 * Dropping it is tidy; the end of the run removes whatever is left.
 */
export async function createTestDatabase(
  options: { readonly content?: "migrated" | "empty" } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  const template = options.content === "empty" ? emptyTemplate : migratedTemplate;
  await maintain((client) => client.query(`create database ${name} template ${template} strategy file_copy`));
  const connection = { ...inject("testPostgres"), database: name };
  return {
    connection,
    url: embeddedUrl(connection),
    drop: () => drop(name),
  };
}
