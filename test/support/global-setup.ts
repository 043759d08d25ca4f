import { accessSync, chmodSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { isProcessAlive } from "../../src/db/embedded/process-identity.ts";
import {
  type EmbeddedConnection,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/db/embedded/start-embedded.ts";
import { migrate } from "../../src/db/migrate.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { bundleProgram } from "./bundled-program.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The run's PostgreSQL, for `createTestDatabase` alone. */
    readonly testPostgres: EmbeddedConnection;
    /** Path of the compiled `src/main/manifest-worker.ts`, for `bundledManifestWorker` alone. */
    readonly manifestWorker: string;
  }
}

const memoryFolder = "/dev/shm";
const memoryBytesMin = 2 * 1024 ** 3;

/** In memory where there is plenty: copying a database takes 50 ms there, and 500 ms were measured on a disk. */
function parentFolder(): string {
  try {
    accessSync(memoryFolder, constants.W_OK);
    const { bavail, bsize } = statfsSync(memoryFolder);
    return bavail * bsize >= memoryBytesMin ? memoryFolder : tmpdir();
  } catch {
    return tmpdir(); // No such folder outside Linux.
  }
}

/** A run that was killed could not remove its folder, which takes up memory. Its process id is in the name. */
function removeLeftFolders(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^pw-run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      rmSync(path.join(parent, name), { recursive: true, force: true });
  }
}

const settings = {
  autovacuum: "off",
  // Counted for autovacuum alone.
  track_counts: "off",
  max_connections: "200",
  max_wal_size: "64MB",
  // Tests of deadlocks wait so long for each.
  deadlock_timeout: "100ms",
};

async function startServer(folder: string): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir: path.join(folder, "data"),
      logger: silentLogger,
      isDurable: false,
      settings,
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** One PostgreSQL for the whole run, migrated once; it ends with the run, in whatever way that ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const parent = parentFolder();
  removeLeftFolders(parent);
  const folder = mkdtempSync(path.join(parent, `pw-run-${process.pid}-`));
  chmodSync(folder, 0o711); // Run by root, PostgreSQL is somebody else, who has to get through.
  const server = await startServer(folder);
  const teardown = async (): Promise<void> => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const manifestWorker = path.join(folder, "manifest-worker.mjs");
  try {
    await bundleProgram("src/main/manifest-worker.ts", manifestWorker);
    const pool = new pg.Pool({ ...server.connection, max: 2 });
    pool.on("error", () => {});
    try {
      await migrate(pool);
    } finally {
      await pool.end();
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide("testPostgres", server.connection);
  project.provide("manifestWorker", manifestWorker);
  return teardown;
}
