import { lstat, readFile, readlink, realpath, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import { CodedError } from "../../contracts/errors.ts";
import { withFileLock } from "../../platform/file-lock.ts";
import { makeFolder } from "../../platform/make-folder.ts";
import { replaceFile } from "../../platform/replace-file.ts";
import { type ConfigSection, parseSshConfig, renderSshConfig } from "./ssh-config.ts";
import { knownHostsPath, ownConfigPath, ownFolder, sshFolder, type SshWorld } from "./ssh-folder.ts";
import { type IncludeWords, withInclude, withoutInclude } from "./ssh-include.ts";

/** What a change of the sections means for each file, by its name. */
export interface FileChange {
  readonly file: string;
  readonly kind: "unchanged" | "created" | "changed" | "removed";
  /** Null: it is not there. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ConfigChange {
  /** The sections that there are to be, from those that there are. */
  readonly sections: (present: readonly ConfigSection[]) => readonly ConfigSection[];
  /** Whether the person's own file is made to include ours, or not to when no section is left. */
  readonly isIncluded: boolean;
  /** Only says what would be done. */
  readonly isDry: boolean;
}

/** The sections that there are; none when `config-ssh` was never run. */
export async function readSections(world: SshWorld): Promise<readonly ConfigSection[]> {
  return parseSshConfig((await readOrNull(ownConfigPath(world))) ?? "");
}

/**
 * Changes our file, and the person's as far as it includes ours, while nobody else does.
 * Errors: `folder_unusable` for a file that cannot be written; those of `sections`.
 */
export async function changeConfig(world: SshWorld, change: ConfigChange): Promise<readonly FileChange[]> {
  try {
    if (change.isDry) return await apply(world, change);
    makeFolder(sshFolder(world), 0o700);
    makeFolder(ownFolder(world), 0o700);
    const changes = await withFileLock(`${ownConfigPath(world)}.lock`, () => apply(world, change));
    await rmdir(ownFolder(world)).catch(() => undefined);
    return changes;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("folder_unusable", `The configuration of OpenSSH cannot be written: ${why}.`, {
      cause,
      next: `Let this account write below ${sshFolder(world)}, or name another folder by PREWARM_SSH_DIR.`,
    });
  }
}

async function apply(world: SshWorld, { sections, isIncluded, isDry }: ConfigChange): Promise<readonly FileChange[]> {
  const own = ownConfigPath(world);
  const before = await readOrNull(own);
  const wanted = sections(parseSshConfig(before ?? ""));
  const isEmpty = wanted.length === 0;
  const changes = [
    await put({ file: own, before, after: isEmpty ? null : renderSshConfig(wanted), mode: 0o600, isDry }),
  ];
  if (isIncluded) changes.push(await putInclude(world, { isEmpty, isDry }));
  if (isEmpty) {
    const known = knownHostsPath(world);
    changes.push(await put({ file: known, before: await readOrNull(known), after: null, mode: 0o600, isDry }));
  }
  return changes;
}

async function putInclude(
  world: SshWorld,
  { isEmpty, isDry }: { readonly isEmpty: boolean; readonly isDry: boolean },
): Promise<FileChange> {
  const file = await behindLinks(path.join(sshFolder(world), "config"));
  const before = await readOrNull(file);
  const words = includeWords(world);
  const after = isEmpty ? before && withoutInclude(before, words) : withInclude(before ?? "", words);
  const mode = before === null ? 0o600 : (await stat(file)).mode & 0o7777;
  return await put({ file, before, after, mode, isDry });
}

/** OpenSSH takes what does not begin with a slash as below the account's `.ssh`, wherever the file lies. */
function includeWords(world: SshWorld): IncludeWords {
  const own = ownConfigPath(world);
  const isUsual = sshFolder(world) === sshFolder({ ...world, env: {} });
  if (isUsual) return { word: "prewarm/config", same: ["~/.ssh/prewarm/config", own] };
  return { word: /\s/.test(own) ? `"${own}"` : own, same: [own] };
}

interface Put {
  readonly file: string;
  readonly before: string | null;
  /** Null: it is not to be there. */
  readonly after: string | null;
  readonly mode: number;
  readonly isDry: boolean;
}

async function put({ file, before, after, mode, isDry }: Put): Promise<FileChange> {
  if (before === after) return { file, kind: "unchanged", before, after };
  if (!isDry && after === null) await rm(file, { force: true });
  if (!isDry && after !== null) await replaceFile(file, after, mode);
  return { file, kind: after === null ? "removed" : before === null ? "created" : "changed", before, after };
}

/** Where a link leads, also to a file that is not there yet: the link stays one. */
async function behindLinks(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch {
    const isLink = await lstat(file).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    return isLink ? path.resolve(path.dirname(file), await readlink(file)) : file;
  }
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
