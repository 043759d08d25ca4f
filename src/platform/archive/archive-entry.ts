import type { ArchiveLimits } from "./archive-limits.ts";
import { archiveLimits } from "./archive-limits.ts";
import { type ArchiveReading, invalidArchive, readArchive } from "./read-archive.ts";

/** Longest entry that `readArchiveEntry` takes into memory. */
export const archiveEntryBytesMax = 4 * 1_048_576;

/**
 * The bytes of one file at the archive's top, for example `template.yaml`; null when it has none.
 * Errors: `invalid_archive` (the whole archive is checked on the way).
 */
export async function readArchiveEntry(
  bytes: Uint8Array,
  name: string,
  limits: ArchiveLimits = archiveLimits,
): Promise<Buffer | null> {
  let pieces: Buffer[] | null = null;
  await readArchive(bytes, limits, (entry) => {
    if (entry.kind !== "file" || entry.path !== name) return null;
    if (entry.sizeBytes > archiveEntryBytesMax) {
      throw invalidArchive(`${name} is larger than ${archiveEntryBytesMax} bytes`);
    }
    const found: Buffer[] = [];
    pieces = found;
    return (piece) => found.push(piece);
  });
  return pieces === null ? null : Buffer.concat(pieces);
}

/** Reads the whole archive and throws `invalid_archive` unless it can be unpacked safely. Writes nothing. */
export async function checkArchive(bytes: Uint8Array, limits: ArchiveLimits = archiveLimits): Promise<ArchiveReading> {
  return readArchive(bytes, limits, () => null);
}
