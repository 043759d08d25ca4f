import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

/** A database for a scene's server, into which its test writes what would take too long, or nobody does on purpose. */
export interface SceneDatabase {
  readonly sql: pg.Client;
  /** For the scene. */
  readonly env: Readonly<Record<string, string>>;
}

/** Awaited at the top of a test file, before its scene, so that it is dropped after the scene's server has ended. */
export async function sceneDatabase(): Promise<SceneDatabase> {
  const database: TestDatabase = await createTestDatabase();
  const sql = new pg.Client(database.connection);
  beforeAll(async () => void (await sql.connect()));
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });
  return { sql, env: { PREWARM_PG_URL: database.url } };
}
