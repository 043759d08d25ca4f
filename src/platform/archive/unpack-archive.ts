import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { type ArchiveLimits, archiveLimits } from "./archive-limits.ts";
import { type ArchiveEntry, type ArchiveReading, type EntrySink, invalidArchive, readArchive } from "./read-archive.ts";
import { makeFolder } from "../make-folder.ts";

/**
 * Unpacks into `folder`, which must exist and should be new and empty: with neither links in the archive nor
 * anything in the folder beforehand, no path can lead outside. Files are 0644 or 0755, folders 0755.
 * Writing is synchronous so that decompression waits for the disk and memory stays bounded.
 * Errors: `invalid_archive`; the folder may then hold a part, and the caller removes it.
 */
export async function unpackArchive(
  bytes: Uint8Array,
  folder: string,
  limits: ArchiveLimits = archiveLimits,
): Promise<ArchiveReading> {
  const open = { descriptor: -1 };
  const close = (): void => {
    if (open.descriptor >= 0) closeSync(open.descriptor);
    open.descriptor = -1;
  };
  const openFile = (entry: ArchiveEntry): EntrySink => {
    close();
    const target = path.join(folder, entry.path);
    makeFolder(path.dirname(target));
    // "wx": a file that is there already is refused, also when the file system takes two names for one.
    open.descriptor = openSync(target, "wx", entry.isExecutable ? 0o755 : 0o644);
    return (piece) => writeAll(open.descriptor, piece);
  };
  try {
    return await readArchive(bytes, limits, (entry) => {
      try {
        if (entry.kind === "file") return openFile(entry);
        makeFolder(path.join(folder, entry.path));
        return null;
      } catch (error) {
        if (!isPathConflict(error)) throw error;
        throw invalidArchive(`${JSON.stringify(entry.path)} collides with another entry`, error);
      }
    });
  } finally {
    close();
  }
}

function writeAll(descriptor: number, piece: Buffer): void {
  for (let written = 0; written < piece.length; ) written += writeSync(descriptor, piece, written);
}

function isPathConflict(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR";
}
