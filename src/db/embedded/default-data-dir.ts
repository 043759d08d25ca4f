import { createHash } from "node:crypto";
import path from "node:path";
import { chooseAccount, firstClosedFolder } from "./account.ts";

export interface DefaultDataDir {
  readonly dataDir: string;
  /** Why it is not the preferred one; undefined when it is. */
  readonly movedBecause?: string;
}

/**
 * The data folder to use when nobody chose one: `preferred`, unless root runs the server below a folder that is
 * closed to others (a checkout in /root). PostgreSQL, which must not run as root, could not reach its data there.
 * A chosen folder is never moved: `startEmbeddedPostgres` refuses it with `data_dir_unreachable` instead.
 */
export function defaultDataDir(preferred: string, sharedRoot = "/var/lib/prewarm"): DefaultDataDir {
  const closed = firstClosedFolder(preferred, chooseAccount(undefined));
  if (closed === undefined) return { dataDir: preferred };
  const key = createHash("sha256").update(path.resolve(preferred)).digest("hex").slice(0, 12);
  return {
    dataDir: path.join(sharedRoot, key),
    movedBecause: `${closed} is closed to the account that PostgreSQL runs as, because it must not run as root`,
  };
}
