import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { create } from "tar";
import { CodedError, type Problem } from "../../contracts/errors.ts";
import { ignoreFileName } from "../../contracts/never-packed.ts";
import { type ArchiveLimits, archiveLimits } from "./archive-limits.ts";
import { type IgnoreRule, parseIgnoreFile } from "./ignore-patterns.ts";

/** Links and special files that one error names; there may be thousands, as in a copied home folder. */
const refusedNamedMax = 20;

export interface PackedFolder {
  /** A gzipped tar. The same content gives the same bytes, whatever the files' times and owners. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What is in it: relative paths with `/`, sorted; folders end in `/`. */
  readonly paths: readonly string[];
}

/**
 * Packs a folder for `publishTemplate`, without what tools leave behind and what its `.prewarmignore` names.
 * Errors: `invalid_archive` for a link or another special file, and above the limits; `not_found` for no folder.
 */
export async function packFolder(folder: string, limits: ArchiveLimits = archiveLimits): Promise<PackedFolder> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new CodedError("not_found", `There is no folder ${folder}.`, { next: "Name the template's folder." });
  }
  const rule = parseIgnoreFile(await readFile(path.join(folder, ignoreFileName), "utf8").catch(emptyWhenMissing));
  const found: Found = { paths: [], bytes: 0, refused: [] };
  await collect({ folder, below: "", rule, limits, found });
  if (found.refused.length > 0) throw specialFiles(found.refused);
  const pieces: Buffer[] = [];
  const stream = create(
    { cwd: folder, gzip: true, portable: true, noDirRecurse: true, mtime: new Date(0), strict: true },
    // A name that begins with "@" would be read as "the archive of that name".
    found.paths.map((file) => `./${file}`),
  );
  for await (const piece of stream) pieces.push(piece);
  return { bytes: new Uint8Array(Buffer.concat(pieces)), paths: found.paths };
}

interface Found {
  readonly paths: string[];
  bytes: number;
  /** Each with its path as the file. */
  readonly refused: Problem[];
}

interface Collecting {
  readonly folder: string;
  /** Relative path of the folder that is read, empty or ending in `/`. */
  readonly below: string;
  readonly rule: IgnoreRule;
  readonly limits: ArchiveLimits;
  readonly found: Found;
}

async function collect(options: Collecting): Promise<void> {
  const { folder, below, rule, limits, found } = options;
  const children = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const child of children.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const name = below + child.name;
    if (name === ignoreFileName || rule(name, child.isDirectory())) continue;
    if (!child.isDirectory() && !child.isFile()) {
      found.refused.push({ field: "", file: name, reason: whatIsRefused(child.isSymbolicLink()) });
      if (found.refused.length < refusedNamedMax) continue;
      throw specialFiles(found.refused);
    }
    found.paths.push(child.isDirectory() ? `${name}/` : name);
    if (child.isFile()) found.bytes += (await stat(path.join(folder, name))).size;
    if (found.paths.length > limits.entriesMax || found.bytes > limits.unpackedBytesMax) throw tooLarge(folder, limits);
    if (child.isDirectory()) await collect({ ...options, below: `${name}/` });
  }
}

function whatIsRefused(isLink: boolean): string {
  return `is ${isLink ? "a symbolic link" : "neither a file nor a folder"}; a template holds plain files only`;
}

function specialFiles(problems: readonly Problem[]): CodedError {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new CodedError("invalid_archive", `${first?.file} ${first?.reason}${more}.`, {
    problems,
    next: `Replace each by a copy of what it points to, or name it in ${ignoreFileName}.`,
  });
}

function tooLarge(folder: string, limits: ArchiveLimits): CodedError {
  return new CodedError(
    "invalid_archive",
    `${folder} has more than ${limits.entriesMax} entries or ${limits.unpackedBytesMax} bytes.`,
    { next: `Name what the template does not need in ${ignoreFileName}.` },
  );
}

function emptyWhenMissing(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
  throw error;
}
