import { lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { CodedError } from "../../contracts/errors.ts";
import { makeNamedFolder } from "../make-folder.ts";
import { archiveLimits } from "./archive-limits.ts";
import { parseIgnoreFile } from "./ignore-patterns.ts";
import { invalidArchive, readArchive } from "./read-archive.ts";
import { unpackArchive } from "./unpack-archive.ts";

/** What a computer that went down in the middle leaves; never packed. */
const draftPrefix = ".prewarm-unpacking-";

export interface Placing {
  /** Whether what is in the folder may be written over. What the archive does not have stays. */
  readonly isForced: boolean;
  /** Ends it before anything has changed. */
  readonly abort: AbortSignal;
}

/** The files of an archive, sorted. A push leaves out what tools work with; from elsewhere it would be run by them (`.git`). */
async function safeFiles(bytes: Uint8Array): Promise<readonly string[]> {
  const isLeftOut = parseIgnoreFile("");
  const files: string[] = [];
  await readArchive(bytes, archiveLimits, (entry) => {
    if (isLeftOut(entry.path.toLowerCase(), entry.kind === "folder")) {
      throw invalidArchive(`it has ${JSON.stringify(entry.path)}, which no push sends`);
    }
    if (entry.kind === "file") files.push(entry.path);
    return null;
  });
  return files.toSorted();
}

/**
 * Puts what an archive holds into a folder. It is unpacked beside its place first: a folder that was not there appears
 * whole or not at all, and of one that was there each file is the old or the new one. Nothing that is a link is followed.
 * @returns the files. Errors: `invalid_archive`; `conflict` for what is in the way; `folder_unusable`; `canceled`.
 */
export async function placeArchive(bytes: Uint8Array, folder: string, placing: Placing): Promise<readonly string[]> {
  const placed = await safeFiles(bytes);
  const isThere = refuseTaken(folder, placing.isForced);
  const beside = isThere ? folder : path.dirname(folder);
  makeNamedFolder(beside);
  const draft = draftIn(beside);
  try {
    // A folder in the draft has the mode that this user's new folders have; the draft itself is closed to others.
    const files = path.join(draft, "files");
    mkdirSync(files);
    await unpackArchive(bytes, files);
    if (placing.abort.aborted) throw new CodedError("canceled", "It was interrupted; nothing has changed.");
    if (isThere) {
      refuseCollisions(files, folder);
      moveInto(files, folder);
    } else {
      renameSync(files, folder);
    }
    return placed;
  } catch (error) {
    throw error instanceof CodedError ? error : unusable(folder, error);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function draftIn(folder: string): string {
  try {
    return mkdtempSync(path.join(folder, draftPrefix));
  } catch (error) {
    throw unusable(folder, error);
  }
}

function unusable(folder: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CodedError("folder_unusable", `The folder ${folder} cannot be written: ${why}.`, { cause });
}

/** @returns whether the folder is there. */
function refuseTaken(folder: string, isForced: boolean): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isDirectory()) throw inTheWay(folder, found.isSymbolicLink());
  if (!isForced && readdirSync(folder).length > 0) {
    throw new CodedError("conflict", `The folder ${folder} is not empty.`, {
      next: "Name another folder; or use --force to write over the files that both have.",
    });
  }
  return true;
}

function inTheWay(file: string, isLink: boolean): CodedError {
  const what = isLink ? "a symbolic link, which is not followed" : "there already, and not of the same kind";
  return new CodedError("conflict", `${file} is ${what}.`, { next: "Move it away, or name another folder." });
}

/** Before the first change, so that what is refused is left as it was. */
function refuseCollisions(draft: string, folder: string): void {
  for (const child of readdirSync(draft, { withFileTypes: true })) {
    const target = path.join(folder, child.name);
    const found = lstatSync(target, { throwIfNoEntry: false });
    if (found === undefined) continue;
    // A file takes the place of a link to somewhere; below a link to a folder nothing is written.
    if (child.isDirectory() !== found.isDirectory() && !(child.isFile() && found.isSymbolicLink())) {
      throw inTheWay(target, found.isSymbolicLink());
    }
    if (child.isDirectory()) refuseCollisions(path.join(draft, child.name), target);
  }
}

function moveInto(draft: string, folder: string): void {
  for (const child of readdirSync(draft, { withFileTypes: true })) {
    const [from, target] = [path.join(draft, child.name), path.join(folder, child.name)];
    if (child.isDirectory() && lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true) {
      moveInto(from, target);
    } else {
      renameSync(from, target);
    }
  }
}
