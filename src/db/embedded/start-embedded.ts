import path from "node:path";
import pg from "pg";
import type { Logger } from "../../platform/logger.ts";
import { chooseAccount, ownerOf } from "./account.ts";
import { prepareBinaries } from "./binaries.ts";
import { checkAccess, clusterFolder, embeddedUser, ensureCluster, ensureDataDir } from "./cluster.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import { lockDataDir } from "./host-lock.ts";
import { clearLeftBehind, postmasterSocketFolder } from "./postmaster-file.ts";
import { embeddedPassword, requirePassword } from "./password.ts";
import { embeddedSettings } from "./settings.ts";
import { createSocketFolder, embeddedPort, removeSocketFolder } from "./socket-folder.ts";
import { type EmbeddedExit, type Supervisor, supervise } from "./supervisor.ts";

const embeddedDatabase = "prewarm";

export interface EmbeddedConnection {
  /** Folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface EmbeddedPostgres {
  /** As `pg` takes it. It stays the same when the server is restarted. */
  readonly connection: EmbeddedConnection;
  /** The same as a URL, for `pg`, `psql` and `PREWARM_PG_URL` of a second process. */
  readonly connectionString: string;
  /** Whether this start made a new, empty database. */
  readonly isNew: boolean;
  /** What happens to a server that ends by itself. Returns the way to unsubscribe. */
  onExit(listener: (exit: EmbeddedExit) => void): () => void;
  /** Fast shutdown, with a limit. Close the pools first: it cuts their connections. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** A folder for this server alone: cluster, lock, and a copy of the binaries where one is needed. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** False switches off every flush to disk. For tests only: a crash then loses the database. */
  readonly isDurable?: boolean;
  /** PostgreSQL settings over ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of the binaries, in place of the installed package's. */
  readonly binariesDir?: string;
}

export function embeddedUrl(connection: EmbeddedConnection): string {
  return `postgresql://${connection.user}:${connection.password}@${encodeURIComponent(connection.host)}:${connection.port}/${connection.database}`;
}

/** For connecting, and for making the database, which copies a few megabytes. */
const openTimeoutMs = 60_000;

async function ensureDatabase(connection: EmbeddedConnection): Promise<void> {
  const client = new pg.Client({
    ...connection,
    database: "postgres",
    connectionTimeoutMillis: openTimeoutMs,
    query_timeout: openTimeoutMs,
  });
  client.on("error", () => {}); // A cut connection fails the statement below, which is where it is reported.
  try {
    await client.connect();
    const found = await client.query("select 1 from pg_database where datname = $1", [embeddedDatabase]);
    if (found.rowCount === 0) await client.query(`create database ${embeddedDatabase}`);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "start_failed",
      `PostgreSQL started, but its database ${embeddedDatabase} could not be opened or made: ${String(error)}.`,
      { cause: error },
    );
  } finally {
    await client.end().catch(() => {});
  }
}

interface Running {
  readonly supervisor: Supervisor;
  readonly socketFolder: string;
  readonly password: string;
  readonly isNew: boolean;
}

async function startLocked(options: EmbeddedOptions, dataDir: string): Promise<Running> {
  const isDurable = options.isDurable ?? true;
  const account = chooseAccount(ownerOf(clusterFolder(dataDir)));
  checkAccess(dataDir, account);
  const installed = options.binariesDir;
  const binaries = prepareBinaries({ account, dataDir, ...(installed === undefined ? {} : { installed }) });
  const isNew = await ensureCluster({ dataDir, account, binaries, isDurable });
  const cluster = clusterFolder(dataDir);
  const leftSocketFolder = postmasterSocketFolder(cluster);
  await clearLeftBehind(cluster, options.logger);
  if (leftSocketFolder !== undefined) removeSocketFolder(leftSocketFolder);
  const password = await requirePassword({ dataDir, account, binaries, isDurable });
  const socketFolder = createSocketFolder(account, dataDir);
  const settings = embeddedSettings({ socketFolder, isDurable, extra: options.settings ?? {} });
  try {
    const supervisor = await supervise({ cluster, account, binaries, socketFolder, settings, logger: options.logger });
    return { supervisor, socketFolder, password, isNew };
  } catch (error) {
    removeSocketFolder(socketFolder);
    throw error;
  }
}

/**
 * Starts the PostgreSQL that comes with Prewarm on a folder, making the database at the first start.
 * It listens on a Unix socket only, asks for a password that is kept in the data folder, and ends with this process, however that ends.
 * Throws `EmbeddedPostgresError`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = path.resolve(options.dataDir);
  ensureDataDir(dataDir);
  const lock = lockDataDir(dataDir);
  try {
    const { supervisor, socketFolder, password, isNew } = await startLocked(options, dataDir);
    const connection = connectionTo(socketFolder, password);
    const stop = async (): Promise<void> => {
      await supervisor.stop();
      removeSocketFolder(socketFolder);
      lock.release();
    };
    try {
      await ensureDatabase(connection);
    } catch (error) {
      await stop();
      throw error;
    }
    let stopped: Promise<void> | undefined;
    return {
      connection,
      connectionString: embeddedUrl(connection),
      isNew,
      onExit: (listener) => supervisor.onExit(listener),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** How a second process reaches the embedded server that another one runs on this folder; undefined when none does. */
export function runningEmbedded(dataDir: string): EmbeddedConnection | undefined {
  const socketFolder = postmasterSocketFolder(clusterFolder(dataDir));
  if (socketFolder === undefined) return undefined;
  // Without a file, a release runs on it that trusts everybody who reaches the socket, and asks for nothing.
  return connectionTo(socketFolder, embeddedPassword(dataDir) ?? "");
}

function connectionTo(host: string, password: string): EmbeddedConnection {
  return { host, port: embeddedPort, user: embeddedUser, password, database: embeddedDatabase };
}
