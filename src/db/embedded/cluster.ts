import { spawn } from "node:child_process";
import { accessSync, chownSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { type Account, firstClosedFolder, ownerOf } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import { lastLines } from "./postgres-output.ts";
import { makeFolder } from "../../platform/make-folder.ts";

/** Superuser of the embedded server. Only who reaches its socket and has its password can use it. */
export const embeddedUser = "prewarm";
const initdbTimeoutMs = 120_000;
const filesThatMustExist = ["global/pg_control", "pg_wal", "base", "postgresql.conf", "pg_hba.conf"];

/** PostgreSQL's own folder inside the data folder. */
export function clusterFolder(dataDir: string): string {
  return path.join(dataDir, "cluster");
}

/** Makes the data folder if need be, and refuses one that cannot be written. */
export function ensureDataDir(dataDir: string): void {
  try {
    // 0711: the account that PostgreSQL drops to passes through, and cannot look around.
    makeFolder(dataDir, 0o711);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "data_dir_not_writable",
      `The data folder ${dataDir} cannot be created or written by this user (${String(error)}). ` +
        "Give the user write permission there, or choose another folder with --data-dir.",
      { cause: error },
    );
  }
}

/** Refuses a folder that the account cannot pass through to, or whose cluster belongs to somebody else. */
export function checkAccess(dataDir: string, account: Account): void {
  const closed = firstClosedFolder(dataDir, account);
  if (closed !== undefined) {
    throw new EmbeddedPostgresError(
      "data_dir_unreachable",
      `PostgreSQL must not run as root and runs as ${account.name} instead, who may not enter ${closed} on the way to the data folder ${dataDir}. ` +
        `Choose a folder that is open to ${account.name} with --data-dir, such as /var/lib/prewarm, or run: chmod o+x ${closed}`,
    );
  }
  const owner = ownerOf(clusterFolder(dataDir));
  if (owner !== undefined && owner !== account.uid) {
    throw new EmbeddedPostgresError(
      "data_dir_owner",
      `The database in ${clusterFolder(dataDir)} belongs to the user id ${owner}, but PostgreSQL would run as ${account.name} (${account.uid}). ` +
        `Start the server as the user that created it, or give it over with: chown -R ${account.name} ${clusterFolder(dataDir)}`,
    );
  }
}

/** Refuses a cluster that is damaged or was made by another major version of PostgreSQL. */
export function checkCluster(cluster: string, majorVersion: number): void {
  let text: string;
  try {
    text = readFileSync(path.join(cluster, "PG_VERSION"), "utf8").trim();
  } catch (error) {
    throw corrupt(cluster, "its file PG_VERSION cannot be read", error);
  }
  if (!/^\d{1,3}$/.test(text)) throw corrupt(cluster, "its file PG_VERSION holds no version", undefined);
  const found = Number(text);
  if (found !== majorVersion) {
    const isNewer = found > majorVersion;
    throw new EmbeddedPostgresError(
      isNewer ? "data_dir_newer" : "data_dir_older",
      `The database in ${cluster} was made by PostgreSQL ${found}, and this release of Prewarm brings PostgreSQL ${majorVersion}, which cannot open it. ` +
        (isNewer
          ? "Go back to the newer release of Prewarm that made it."
          : "Export the data with the release of Prewarm that made it, and import it here into an empty data folder."),
    );
  }
  for (const name of filesThatMustExist) {
    if (!existsSync(path.join(cluster, name))) throw corrupt(cluster, `${name} is missing`, undefined);
  }
}

export function corrupt(cluster: string, why: string, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "data_dir_corrupt",
    `The database in ${cluster} is damaged: ${why}. Restore it from a backup, or move the folder away to begin with an empty database.`,
    { cause },
  );
}

/** What PostgreSQL's programs find in their environment: nothing of the server's own. */
export function postgresEnvironment(): Readonly<Record<string, string>> {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

function runInitdb(options: CreateClusterOptions, folder: string): Promise<void> {
  const args = [
    `--pgdata=${folder}`,
    `--username=${embeddedUser}`,
    // Until it has its password, before its first start (`requirePassword`).
    "--auth=reject",
    "--encoding=UTF8",
    // Sorting by code point, by PostgreSQL's own tables: no index goes bad when the system's C library changes.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    ...(options.isDurable ? [] : ["--no-sync"]),
  ];
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(options.binaries.initdb, args, {
      ...options.account.spawnAs,
      cwd: "/",
      env: postgresEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: initdbTimeoutMs,
      killSignal: "SIGKILL",
    });
    const fail = (why: string, cause?: unknown): void => {
      const message = `The database could not be created in ${folder}: ${why}. ${lastLines(output)} Remove the cause, then start again; nothing has to be cleaned up.`;
      reject(new EmbeddedPostgresError("initdb_failed", message, { cause }));
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-8192);
      });
    }
    child.on("error", (error) => fail(error.message, error));
    child.on("close", (status, signal) => {
      if (status === 0) resolve();
      else fail(`initdb ended with ${signal ?? `status ${status}`}`);
    });
  });
}

interface CreateClusterOptions {
  readonly dataDir: string;
  readonly account: Account;
  readonly binaries: Binaries;
  /** False leaves out every flush to disk: for tests only. */
  readonly isDurable: boolean;
}

/**
 * Makes a cluster unless there is one; says whether it did. It is made under another name and renamed when complete,
 * so that a kill in the middle leaves nothing that looks like a database.
 */
export async function ensureCluster(options: CreateClusterOptions): Promise<boolean> {
  const cluster = clusterFolder(options.dataDir);
  if (existsSync(cluster)) {
    checkCluster(cluster, options.binaries.majorVersion);
    return false;
  }
  const draft = path.join(options.dataDir, "cluster.draft");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (options.account.spawnAs.uid !== undefined) chownSync(draft, options.account.uid, options.account.gid);
  await runInitdb(options, draft);
  renameSync(draft, cluster);
  return true;
}
