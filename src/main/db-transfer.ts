import { constants, createReadStream, existsSync, type WriteStream } from "node:fs";
import { access, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import pg from "pg";
import { runningEmbedded, startEmbeddedPostgres } from "../db/embedded/start-embedded.ts";
import { exportDatabase } from "../db/export-database.ts";
import { nobodyIsConnected } from "../db/agents/nobody-connected.ts";
import { importDatabase } from "../db/import-database.ts";
import { migrate } from "../db/migrate.ts";
import { endsWithConnections } from "../db/pg-pool.ts";
import { TransferError, type TransferReport } from "../db/transfer-format.ts";
import { parseFlags } from "../platform/config/config-flags.ts";
import { loadConfig } from "../platform/config/load-config.ts";
import { type ServerConfig, serverOptions } from "../platform/config/server-options.ts";
import { Store } from "../db/store.ts";
import { systemClock } from "../platform/clock.ts";
import { createDisposers, type Disposers } from "../platform/disposers.ts";
import { createLogger } from "../platform/logger.ts";
import { reportFailure } from "./report-failure.ts";
import { serverDefaults } from "./server-defaults.ts";

const connectTimeoutMs = 10_000;

const usage = `Usage: prewarm db export FILE|- [--force] [server options]
       prewarm db import FILE|- [server options]

Writes the whole database to one compressed file, or reads it into an empty one. The database is the embedded one of
--data-dir, also while its server runs (export only), or the one of --pg-url. The file appears when it is complete.

  --force    write over a file that is there already

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
    const isForced = verb === "export" && rest.includes("--force");
    const { flags, configPath } = parseFlags(
      serverOptions,
      rest.filter((word) => !isForced || word !== "--force"),
    );
    const { values } = loadConfig(serverOptions, {
      flags,
      env: process.env,
      ...(configPath === undefined ? {} : { configPath }),
      defaults: serverDefaults,
    });
    const report = await transfer(values, verb === "export" ? { verb, file, isForced } : { verb, file });
    const rows = Object.values(report.rows).reduce((sum, count) => sum + count, 0);
    process.stderr.write(
      `${verb}ed ${rows} rows of ${Object.keys(report.rows).length} tables, schema ${report.schemaVersion}\n`,
    );
    return 0;
  } catch (error) {
    return reportFailure(error);
  }
}

type Transfer =
  | { readonly verb: "export"; readonly file: string; readonly isForced: boolean }
  | { readonly verb: "import"; readonly file: string };

async function transfer(config: ServerConfig, task: Transfer): Promise<TransferReport> {
  const { verb, file } = task;
  // Before anything is started: what cannot be read or written is told at once.
  if (verb === "import") await requireReadable(file);
  else if (!task.isForced) refuseToOverwrite(file);
  const logger = createLogger({ level: "warn", format: config.logFormat, destination: process.stderr });
  const disposers = createDisposers(logger);
  try {
    const connection = await connect(config, { verb, disposers });
    // No limit but that for connecting: a transfer takes what it takes.
    const pool = new pg.Pool({ keepAlive: true, ...connection, max: 2, connectionTimeoutMillis: connectTimeoutMs });
    // Without a listener an idle connection that the server closes ends the program; the statement under way says why.
    pool.on("error", (error) => logger.warn("an idle database connection was lost", { reason: error.message }));
    disposers.add("database connections", endsWithConnections(pool));
    const client = await pool.connect();
    let report: TransferReport;
    try {
      if (task.verb === "export") return await exportTo(client, task);
      report = await importDatabase(client, source(file), {
        prepare: async (until) => {
          await migrate(pool, { logger, until });
        },
      });
    } finally {
      client.release();
    }
    // A backup of an older release has come into the schema of its time.
    await migrate(pool, { logger });
    await nobodyIsConnected(new Store({ pool, publish: () => undefined, logger }), systemClock.now());
    return report;
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

/** The file has its name once it is whole: what an export that was cut off leaves can be taken for no backup. */
async function exportTo(
  client: pg.ClientBase,
  { file, isForced }: { readonly file: string; readonly isForced: boolean },
): Promise<TransferReport> {
  if (file === "-") return await exportDatabase(client, process.stdout);
  const partial = `${file}.${process.pid}.partial`;
  let output: WriteStream | undefined;
  try {
    // Opened before anything is read: a stream that opens it by itself fails when nobody listens yet.
    output = (await open(partial, "wx", 0o600)).createWriteStream({ flush: true });
    const report = await exportDatabase(client, output);
    if (!isForced) refuseToOverwrite(file);
    await rename(partial, file);
    return report;
  } catch (error) {
    throw fileError(error, "written", file);
  } finally {
    output?.destroy();
    await rm(partial, { force: true });
  }
}

function refuseToOverwrite(file: string): void {
  if (file === "-" || !existsSync(file)) return;
  throw new TransferError(
    "transfer_file_exists",
    `${file} is there already, and an export never replaces one by itself. Give another name, or --force.`,
  );
}

async function requireReadable(file: string): Promise<void> {
  if (file === "-") return;
  try {
    await access(file, constants.R_OK);
    if (!(await stat(file)).isFile()) throw new Error("it is not a file");
  } catch (error) {
    throw fileError(error, "read", file);
  }
}

/** An error of the file system, told by the file and what could not be done with it; any other as it is. */
function fileError(error: unknown, doing: "read" | "written", file: string): unknown {
  if (error instanceof TransferError || !(error instanceof Error)) return error;
  const isOfFile = "syscall" in error || doing === "read";
  if (!isOfFile) return error;
  return new TransferError("transfer_file", `${file} cannot be ${doing}: ${error.message}. Check its path.`, {
    cause: error,
  });
}

function source(file: string): Readable {
  return file === "-" ? process.stdin : createReadStream(file);
}
