import path from "node:path";
import type pg from "pg";
import { defaultDataDir } from "../db/embedded/default-data-dir.ts";
import { checkExternalPostgres } from "../db/embedded/check-external.ts";
import { startEmbeddedPostgres } from "../db/embedded/start-embedded.ts";
import type { Disposers } from "../platform/disposers.ts";
import type { Logger } from "../platform/logger.ts";
import { makeNamedFolder } from "../platform/make-folder.ts";

const postgresStopMs = 20_000;

export interface OpenDatabaseOptions {
  /** An external server; undefined for the embedded one. */
  readonly url: string | undefined;
  readonly dataDir: string;
  /** Whether somebody chose the folder; else another may be taken when this one cannot be used. */
  readonly isDataDirChosen: boolean;
  readonly logger: Logger;
  readonly disposers: Disposers;
  /** Called when the embedded PostgreSQL cannot be kept running. */
  readonly onLost: () => void;
}

export interface OpenedDatabase {
  readonly connection: pg.PoolConfig;
  readonly dataDir: string;
  /** For people: what it is. */
  readonly description: string;
}

/** Connects to the external PostgreSQL, or starts the embedded one. Errors: coded, with what to do next. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenedDatabase> {
  const { logger, disposers } = options;
  if (options.url !== undefined) {
    const external = await checkExternalPostgres(options.url);
    const dataDir = path.resolve(options.dataDir);
    makeNamedFolder(dataDir);
    return {
      connection: { connectionString: options.url },
      dataDir,
      description: `PostgreSQL ${external.version} (external)`,
    };
  }
  const wanted = path.resolve(options.dataDir);
  const chosen = options.isDataDirChosen ? { dataDir: wanted, movedBecause: undefined } : defaultDataDir(wanted);
  if (chosen.movedBecause !== undefined) logger.info(chosen.movedBecause, { dataDir: chosen.dataDir });
  const embedded = await startEmbeddedPostgres({ dataDir: path.join(chosen.dataDir, "postgres"), logger });
  disposers.add("embedded PostgreSQL", () => embedded.stop(), { timeoutMs: postgresStopMs });
  embedded.onExit((exit) => {
    if (exit.kind === "gave_up") options.onLost();
  });
  return {
    connection: { ...embedded.connection },
    dataDir: chosen.dataDir,
    description: "PostgreSQL (embedded)",
  };
}
