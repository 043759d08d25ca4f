import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setupLinkFileName } from "../contracts/setup-link.ts";
import type { Logger } from "../platform/logger.ts";

/**
 * Keeps the one-time set-up link where `prewarm setup` finds it on this host, or takes away one that is of no use any more
 * (null). One that was used stays until the next start: it opens nothing. What cannot be written keeps no server from its
 * start, as the link is printed as well.
 */
export function keepSetupLink(link: string | null, { dataDir, logger }: { dataDir: string; logger: Logger }): void {
  const file = path.join(dataDir, setupLinkFileName);
  const draft = `${file}.new`;
  try {
    rmSync(draft, { force: true });
    if (link === null) return rmSync(file, { force: true });
    // Readable by its owner alone from its first byte.
    writeFileSync(draft, `${link}\n`, { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
  } catch (error) {
    logger.warn("the set-up link cannot be kept in the data folder", { file, error });
  }
}
