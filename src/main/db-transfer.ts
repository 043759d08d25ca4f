import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import pg from "pg";
import { runningEmbedded, startEmbeddedPostgres } from "../db/embedded/start-embedded.ts";
import { exportDatabase } from "../db/export-database.ts";
import { importDatabase } from "../db/import-database.ts";
import { migrate } from "../db/migrate.ts";
import type { TransferReport } from "../db/transfer-format.ts";
import { parseFlags } from "../platform/config/config-flags.ts";
import { loadConfig } from "../platform/config/load-config.ts";
import { type ServerConfig, serverOptions } from "../platform/config/server-options.ts";
import { createDisposers, type Disposers } from "../platform/disposers.ts";
import { createLogger } from "../platform/logger.ts";
import { reportFailure } from "./report-failure.ts";
import { serverDefaults } from "./server-defaults.ts";

const connectTimeoutMs = 10_000;

const usage = `Usage: prewarm db export FILE|- [server options]
       prewarm db import FILE|- [server options]

Writes the whole database to one compressed file, or reads it into an empty one. The database is the embedded one of
--data-dir, also while its server runs (export only), or the one of --pg-url.

Example: prewarm db export backup.prewarm
`;

/** @returns the exit code: 0 done, 1 failed, 2 usage. */
export async function runDatabaseTransfer(argv: readonly string[]): Promise<number> {
  const [verb, file, ...rest] = argv;
  const isHelpWanted = argv.includes("--help");
  if (isHelpWanted || (verb !== "export" && verb !== "import") || file === undefined) {
    (isHelpWanted ? process.stdout : process.stderr).write(usage);
    return isHelpWanted ? 0 : 2;
  }
  try {
    const { flags, configPath } = parseFlags(serverOptions, rest);
    const { values } = loadConfig(serverOptions, {
      flags,
      env: process.env,
      ...(configPath === undefined ? {} : { configPath }),
      defaults: serverDefaults,
    });
    const report = await transfer(values, verb, file);
    const rows = Object.values(report.rows).reduce((sum, count) => sum + count, 0);
    process.stderr.write(
      `${verb}ed ${rows} rows of ${Object.keys(report.rows).length} tables, schema ${report.schemaVersion}\n`,
    );
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}

async function transfer(config: ServerConfig, verb: "export" | "import", file: string): Promise<TransferReport> {
  const logger = createLogger({ level: "warn", format: config.logFormat, destination: process.stderr });
  const disposers = createDisposers(logger);
  try {
    const connection = await connect(config, { verb, disposers });
    // No limit but that for connecting: a transfer takes what it takes.
    const pool = new pg.Pool({ keepAlive: true, ...connection, max: 1, connectionTimeoutMillis: connectTimeoutMs });
    disposers.add("database connections", () => pool.end());
    if (verb === "import") await migrate(pool, { logger });
    const client = await pool.connect();
    try {
      return verb === "export"
        ? await exportDatabase(client, target(file))
        : await importDatabase(client, source(file));
    } finally {
      client.release();
    }
  } finally {
    await disposers.disposeAll();
  }
}

async function connect(
  config: ServerConfig,
  options: { readonly verb: "export" | "import"; readonly disposers: Disposers },
): Promise<pg.PoolConfig> {
  if (config.pgUrl !== undefined) return { connectionString: config.pgUrl };
  const dataDir = path.join(path.resolve(config.dataDir), "postgres");
  const running = options.verb === "export" ? runningEmbedded(dataDir) : undefined;
  if (running !== undefined) return { ...running };
  const logger = createLogger({ level: "warn", format: config.logFormat, destination: process.stderr });
  const embedded = await startEmbeddedPostgres({ dataDir, logger });
  options.disposers.add("embedded PostgreSQL", () => embedded.stop());
  return { ...embedded.connection };
}

function target(file: string): Writable {
  return file === "-" ? process.stdout : createWriteStream(file, { mode: 0o600 });
}

function source(file: string): Readable {
  return file === "-" ? process.stdin : createReadStream(file);
}
