import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { type EmbeddedConnection, embeddedUrl, startEmbeddedPostgres } from "../../src/db/embedded/start-embedded.ts";
import { isProcessAlive } from "../../src/db/embedded/process-identity.ts";
import { migrate } from "../../src/db/migrate.ts";
import { createPool } from "../../src/db/pg-pool.ts";
import { silentLogger } from "../../src/platform/logger.ts";

export interface BenchDatabase {
  readonly connection: EmbeddedConnection;
  readonly url: string;
  /** A pool as the server makes it, with all of its connections open from the start. */
  openPool(connectionsMax: number): Promise<pg.Pool>;
  drop(): Promise<void>;
}

export interface BenchPostgres {
  readonly version: string;
  /** A migrated database of a benchmark's own. */
  createDatabase(name: string): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

/**
 * The embedded PostgreSQL exactly as the server runs it, durable, on a folder of its own. The folder is in the
 * machine's temporary folder, or in `PREWARM_BENCH_DIR`: where that is memory, commits are faster than on a disk.
 */
export async function startBenchPostgres(): Promise<BenchPostgres> {
  const parent = process.env["PREWARM_BENCH_DIR"] ?? tmpdir();
  removeLeftFolders(parent);
  const folder = mkdtempSync(path.join(parent, `prewarm-bench-${process.pid}-`));
  chmodSync(folder, 0o711); // Run by root, PostgreSQL is somebody else, who has to get through.
  try {
    const server = await startEmbeddedPostgres({ dataDir: path.join(folder, "data"), logger: silentLogger });
    await withClient(server.connection, async (client) => {
      const pool = new pg.Pool({ ...server.connection, max: 1 });
      await migrate(pool, { logger: silentLogger }).finally(() => pool.end());
      const { rows } = await client.query<{ fsync: string }>("show fsync");
      if (rows[0]?.fsync !== "on") throw new Error("Benchmarks of a database that flushes nothing mean nothing.");
    });
    const { rows } = await withClient(server.connection, (client) =>
      client.query<{ server_version: string }>("show server_version"),
    );
    return {
      version: rows[0]?.server_version ?? "unknown",
      createDatabase: (name) => createDatabase(server.connection, name),
      stop: async () => {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A run that was interrupted could not remove its folder. Its process id is in the name. */
function removeLeftFolders(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^prewarm-bench-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isProcessAlive(Number(pid))) continue;
    rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

async function withClient<Value>(
  connection: EmbeddedConnection,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client({ ...connection, database: "postgres" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function createDatabase(server: EmbeddedConnection, name: string): Promise<BenchDatabase> {
  const database = `bench_${name.toLowerCase()}`;
  await withClient(server, (client) =>
    client.query(`create database ${database} template ${server.database} strategy file_copy`),
  );
  const connection = { ...server, database };
  return {
    connection,
    url: embeddedUrl(connection),
    openPool: (connectionsMax) => openPool(connection, connectionsMax),
    drop: async () => {
      await withClient(server, (client) => client.query(`drop database ${database} with (force)`));
    },
  };
}

async function openPool(connection: EmbeddedConnection, connectionsMax: number): Promise<pg.Pool> {
  const pool = createPool({
    // Benchmarks fill their tables over it, for which nobody waits.
    deadlines: "none",
    connection: { ...connection },
    connectionsMax,
    idleMax: connectionsMax,
    logger: silentLogger,
  });
  const clients = await Promise.all(Array.from({ length: connectionsMax }, () => pool.connect()));
  for (const client of clients) client.release();
  return pool;
}
