import { lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { EmbeddedPostgresError } from "./embedded-error.ts";

/** The operating system's account that PostgreSQL runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** What `spawn` needs to run as this account; empty when we already are it. */
  readonly spawnAs: { readonly uid?: number; readonly gid?: number };
}

const rootUid = 0;
const preferredNames = ["postgres", "_postgres", "nobody"];

function passwdAccounts(): readonly Omit<Account, "spawnAs">[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name: name ?? "", uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }));
}

function unprivilegedAccount(clusterOwner: number | undefined): Account {
  const accounts = passwdAccounts();
  // A cluster that an ordinary user made stays that user's when root starts it, or the user is locked out.
  const owner = accounts.find((account) => account.uid === clusterOwner && account.uid !== rootUid);
  const found = owner ?? preferredNames.flatMap((name) => accounts.filter((account) => account.name === name))[0];
  if (found === undefined) {
    throw new EmbeddedPostgresError(
      "account_missing",
      "PostgreSQL refuses to run as root, and this system has neither a `postgres` nor a `nobody` account to run it as. " +
        "Run the server as an ordinary user, or add an account: useradd --system postgres",
    );
  }
  return { ...found, spawnAs: { uid: found.uid, gid: found.gid } };
}

/**
 * Root is dropped, because PostgreSQL refuses it; everybody else stays who they are.
 * `clusterOwner` is the uid that owns an existing cluster.
 */
export function chooseAccount(clusterOwner: number | undefined): Account {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid === rootUid) return unprivilegedAccount(clusterOwner);
  try {
    const { username } = os.userInfo();
    return { name: username, uid: uid ?? 0, gid: gid ?? 0, spawnAs: {} };
  } catch (error) {
    throw new EmbeddedPostgresError(
      "account_missing",
      `The user id ${uid ?? "?"} that runs the server has no entry in the system's list of users, which PostgreSQL needs. ` +
        "Run the server as a user that exists (in a container, add the id to /etc/passwd), or use an external PostgreSQL with --pg-url.",
      { cause: error },
    );
  }
}

function mayTraverse(stats: Stats, account: Account): boolean {
  if (stats.uid === account.uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === account.gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}

/**
 * The first existing folder on the way to `target` (itself included) that the account may not pass, or undefined.
 * It judges by mode bits alone: access control lists can only make the real answer more permissive or be seen at the start.
 */
export function firstClosedFolder(target: string, account: Account): string | undefined {
  const folders: string[] = [];
  for (let at = path.resolve(target); ; at = path.dirname(at)) {
    folders.unshift(at);
    if (at === path.dirname(at)) break;
  }
  for (const folder of folders) {
    const stats = statSync(folder, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isDirectory() && !mayTraverse(stats, account)) return folder;
  }
  return undefined;
}

/** Owner of a folder, or undefined when it does not exist. */
export function ownerOf(folder: string): number | undefined {
  return lstatSync(folder, { throwIfNoEntry: false })?.uid;
}
