import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, lstatSync, readFileSync, renameSync, statSync, utimesSync } from "node:fs";
import { chmod, chown, lchown, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { processAccountsDefault } from "../../../contracts/limits.ts";
import { accountsInUse } from "../../host/process-table.ts";
import { makeFolder } from "../../../platform/make-folder.ts";

/** What a workspace's processes run as: a number of its own, which is its group too. */
export type WorkspaceAccount = number;

export interface AccountRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `FIRST-LAST`; null for `off`, and undefined for what is neither, or holds root. */
export function parseAccountRange(text: string): AccountRange | null | undefined {
  if (text === "off") return null;
  const [, first, last] = (/^(\d{1,9})-(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (first === undefined || last === undefined || first < 1 || last < first) return undefined;
  return { first, last };
}

/** In the folder of workspaces, where no workspace can have its name. */
const programsFolder = ".programs";
const probeLimitMs = 10_000;

export interface PreparedAccounts {
  /** What starts an agent: the given command, or copies of its files where the accounts cannot reach them. */
  readonly command: readonly string[];
  /** Null: workspaces run as accounts of their own. Else why they do not. */
  readonly unisolatedBecause: string | null;
}

/**
 * Finds out whether workspaces can run as accounts of their own, by trying. What the accounts must pass is opened to
 * them, as far as it is the daemon's own; programs that lie where they do not come, as below /root, are copied.
 */
export function prepareAccounts(options: {
  readonly root: string;
  readonly range: AccountRange | null;
  readonly command: readonly string[];
}): PreparedAccounts {
  const { root, range, command } = options;
  const without = (unisolatedBecause: string): PreparedAccounts => ({ command, unisolatedBecause });
  if (range === null) return without("its option provisioner.process_accounts is `off`");
  if (process.getuid?.() !== 0)
    return without("it does not run as root, and only root may run programs as somebody else");
  // To pass, and not to look around.
  for (const folder of [path.dirname(root), root]) chmodSync(folder, (statSync(folder).mode & 0o7777) | 0o011);
  const tried = attempt(command, { root, account: range.first });
  if (tried === null) return { command, unisolatedBecause: null };
  const copies = copied(command, path.join(root, programsFolder));
  const triedAgain = attempt(copies, { root, account: range.first });
  return triedAgain === null ? { command: copies, unisolatedBecause: null } : without(triedAgain);
}

/** Null when the account can go where workspaces lie and read what starts an agent; else why not. */
function attempt(
  command: readonly string[],
  { root, account }: { readonly root: string; readonly account: number },
): string | null {
  const files = command.filter((word) => path.isAbsolute(word));
  const script = 'cd "$0" || exit 3; for file in "$@"; do [ -r "$file" ] || exit 4; done';
  const ended = spawnSync("/bin/sh", ["-c", script, root, ...files], {
    cwd: "/",
    env: {},
    uid: account,
    gid: account,
    stdio: "ignore",
    timeout: probeLimitMs,
  });
  if (ended.status === 0) return null;
  if (ended.status === 3) return `the folder ${root} cannot be reached by other accounts`;
  if (ended.status === 4) return `what starts an agent cannot be read by other accounts (${files.join(", ")})`;
  return `this system does not let it run a program as the account ${account}: ${ended.error?.message ?? `it ended with ${ended.status}`}`;
}

function copied(command: readonly string[], folder: string): readonly string[] {
  makeFolder(folder, 0o755);
  return command.map((word) => (path.isAbsolute(word) ? copyOf(word, path.join(folder, path.basename(word))) : word));
}

/** Copied again when it has changed. A copy that runs keeps what it runs. */
function copyOf(file: string, copy: string): string {
  const wanted = statSync(file);
  const there = statSync(copy, { throwIfNoEntry: false });
  if (there?.size === wanted.size && Math.abs(there.mtimeMs - wanted.mtimeMs) < 1_000) return copy;
  copyFileSync(file, `${copy}.new`);
  chmodSync(`${copy}.new`, 0o755);
  utimesSync(`${copy}.new`, wanted.atime, wanted.mtime);
  renameSync(`${copy}.new`, copy);
  return copy;
}

/**
 * An account that no workspace has, and nobody on this host: neither by its list of users (of a range that the operator has
 * chosen, that is his business) nor by a process that runs. Which one follows from the workspace's id, so that a number
 * is hardly ever given twice, and files that one has left elsewhere are nobody else's. Undefined: none is left.
 */
export async function freeAccount(options: {
  readonly range: AccountRange;
  readonly workspaceId: string;
  readonly taken: ReadonlySet<WorkspaceAccount>;
}): Promise<WorkspaceAccount | undefined> {
  const { range, workspaceId, taken } = options;
  const refused = new Set([...taken, ...listedUsers(range), ...(await accountsInUse())]);
  const size = range.last - range.first + 1;
  const seed = Buffer.from(workspaceId).reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7);
  for (let step = 0; step < size; step += 1) {
    const account = range.first + ((seed + step) % size);
    if (!refused.has(account)) return account;
  }
  return undefined;
}

function listedUsers(range: AccountRange): readonly number[] {
  if (`${range.first}-${range.last}` !== processAccountsDefault) return [];
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return lines.map((line) => Number(line.split(":")[2])).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Gives a file, or a folder with all that is in it, to the account. Nothing of it runs: nobody changes it meanwhile. */
export async function giveTo(account: WorkspaceAccount, folder: string): Promise<void> {
  await lchown(folder, account, account);
  if (!(await lstat(folder)).isDirectory()) return;
  for (const child of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, child.name);
    // Never through a link: it may lead out of the tree.
    if (child.isDirectory()) await giveTo(account, file);
    else await lchown(file, account, account);
  }
}

/** As `giveTo`, once: what belongs to the account is left as it is. */
export async function giveOnce(account: WorkspaceAccount, folder: string): Promise<void> {
  if (lstatSync(folder).uid !== account) await giveTo(account, folder);
}

/** Lets the account pass a folder that stays the daemon's own: what lies in it cannot be replaced by the workspace. */
export async function letPass(account: WorkspaceAccount, folder: string): Promise<void> {
  await chown(folder, process.getuid?.() ?? 0, account);
  await chmod(folder, 0o710);
}
