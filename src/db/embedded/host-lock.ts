import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EmbeddedPostgresError, systemCode } from "./embedded-error.ts";
import { processStamp } from "./process-identity.ts";

const breakAttemptsMax = 5;

interface Holder {
  readonly pid: number;
  readonly stamp: string;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("pid" in parsed) || !("stamp" in parsed)) return undefined;
    return typeof parsed.pid === "number" && typeof parsed.stamp === "string"
      ? { pid: parsed.pid, stamp: parsed.stamp }
      : undefined;
  } catch {
    return undefined; // A torn write: the machine went down in the middle, so nobody holds it.
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function tryCreate(lock: string, draft: string): boolean {
  try {
    linkSync(draft, lock); // A link appears whole or not at all, and fails when the name is taken.
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Moves a dead holder's lock out of the way. Two starters may both have seen it dead: the slower one would remove
 * the faster one's new lock, so what was moved is looked at once more, and put back if it is not what was seen.
 */
function breakStale(lock: string, seen: string): void {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  if (readIfThere(aside) !== seen) tryCreate(lock, aside);
  rmSync(aside, { force: true });
}

/** Says which server process uses a data folder. `release` gives it back. */
export function lockDataDir(dataDir: string): { readonly release: () => void } {
  const lock = path.join(dataDir, "host.lock");
  const draft = `${lock}.${process.pid}`;
  const mine = JSON.stringify({ pid: process.pid, stamp: processStamp(process.pid) ?? "" });
  writeFileSync(draft, mine);
  try {
    for (let attempt = 0; attempt < breakAttemptsMax; attempt += 1) {
      if (tryCreate(lock, draft)) return { release: () => rmSync(lock, { force: true }) };
      const seen = readIfThere(lock);
      if (seen === undefined) continue;
      const holder = parseHolder(seen);
      if (holder !== undefined && processStamp(holder.pid) === holder.stamp) throw inUse(dataDir, holder.pid);
      breakStale(lock, seen);
    }
    throw inUse(dataDir, undefined);
  } finally {
    rmSync(draft, { force: true });
  }
}

function inUse(dataDir: string, pid: number | undefined): EmbeddedPostgresError {
  const who = pid === undefined ? "another server" : `another server (process ${pid})`;
  return new EmbeddedPostgresError(
    "data_dir_in_use",
    `The data folder ${dataDir} is in use by ${who}. Stop that one, or choose another folder with --data-dir. ` +
      "To run several servers on the same data, give all of them one external PostgreSQL with --pg-url.",
  );
}
