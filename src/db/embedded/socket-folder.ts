import { accessSync, chownSync, constants, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Account, firstClosedFolder } from "./account.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";

/** The port that is part of the socket's file name. Nothing listens on a network port. */
export const embeddedPort = 5432;

// The address of a Unix socket holds 104 bytes on macOS and 108 on Linux, its end mark included.
const socketPathBytesMax = 103;
const prefix = "pw-";

function fits(folder: string): boolean {
  const longest = path.join(folder, `${prefix}XXXXXX`, `.s.PGSQL.${embeddedPort}.lock`);
  return Buffer.byteLength(longest) <= socketPathBytesMax;
}

function isUsable(folder: string, account: Account): boolean {
  if (!fits(folder) || firstClosedFolder(folder, account) !== undefined) return false;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false; // The next candidate may do.
  }
}

/** A new folder with a short path that only the account can enter: who reaches the socket in it is trusted. */
export function createSocketFolder(account: Account, dataDir: string): string {
  const candidates = [os.tmpdir(), "/tmp", "/dev/shm", dataDir];
  const parent = candidates.find((folder) => isUsable(folder, account));
  if (parent === undefined) {
    throw new EmbeddedPostgresError(
      "socket_dir_unavailable",
      `PostgreSQL's socket needs a folder with a short path that ${account.name} can enter, and none of ${candidates.join(", ")} is one. ` +
        "Make /tmp writable, or set TMPDIR to such a folder.",
    );
  }
  const folder = mkdtempSync(path.join(parent, prefix)); // mkdtemp makes it 0700.
  if (account.spawnAs.uid !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

/** Removes a folder that `createSocketFolder` made, and nothing else. */
export function removeSocketFolder(folder: string): void {
  if (path.basename(folder).startsWith(prefix)) rmSync(folder, { recursive: true, force: true });
}
