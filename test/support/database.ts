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

let maintenance: Promise<pg.Client> | undefined;

async function connectMaintenance(): Promise<pg.Client> {
  const client = new pg.Client({ ...inject("testPostgres"), database: "postgres" });
  // Lost when a test stops the run's PostgreSQL or cuts everybody off: the next one to need it connects anew.
  client.on("error", () => {
    maintenance = undefined;
  });
  await client.connect();
  return client;
}

/** One connection for all tests of a worker; it ends with the worker. */
async function maintain(text: string, params: readonly string[] = []): Promise<number> {
  maintenance ??= connectMaintenance();
  const client = await maintenance;
  return (await client.query(text, [...params])).rowCount ?? 0;
}

/**
 * A pool's `end` comes back before the server has noticed the last goodbye, and a connection that is cut in that
 * moment raises an error that nobody listens for any more. So a drop waits for them, and cuts only what stays.
 */
async function drop(name: string): Promise<void> {
  for (let look = 0; look < goodbyeLooksMax; look += 1) {
    if ((await maintain("select from pg_stat_activity where datname = $1 limit 1", [name])) === 0) break;
    await sleep(goodbyePollMs);
  }
  await maintain(`drop database if exists ${name} with (force)`);
}

/** A copy of the database with this name, to which nobody may be connected. */
export async function copyDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await maintain(`create database ${name} template ${template} strategy file_copy`);
  const connection = { ...inject("testPostgres"), database: name };
  return {
    connection,
    url: embeddedUrl(connection),
    drop: () => drop(name),
  };
}

/**
 * A database of a test's own, migrated (or with nothing in it, for tests of migrations). It takes some 20 ms.
 * Dropping it is tidy; the end of the run removes whatever is left.
 */
export async function createTestDatabase(
  options: { readonly content?: "migrated" | "empty" } = {},
): Promise<TestDatabase> {
  return await copyDatabase(options.content === "empty" ? emptyTemplate : migratedTemplate);
}
