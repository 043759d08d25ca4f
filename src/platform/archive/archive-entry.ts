import type { ArchiveLimits } from "./archive-limits.ts";
import { archiveLimits } from "./archive-limits.ts";
import { type ArchiveReading, invalidArchive, readArchive } from "./read-archive.ts";

/** Longest entry that `readArchiveEntry` takes into memory. */
export const archiveEntryBytesMax = 4 * 1_048_576;

export interface EntryReading {
  readonly limits?: ArchiveLimits;
  /** Is shown each file's first bytes on the way, one file at a time. */
  readonly beginnings?: { readonly bytesMax: number; readonly look: (path: string, bytes: Buffer) => void };
}

/**
 * The bytes of one file at the archive's top, for example `template.yaml`; null when it has none.
 * Errors: `invalid_archive` (the whole archive is checked on the way).
 */
export async function readArchiveEntry(
  bytes: Uint8Array,
  name: string,
  { limits = archiveLimits, beginnings }: EntryReading = {},
): Promise<Buffer | null> {
  let wanted: readonly Buffer[] | null = null;
  let lookAtLast = (): void => {};
  await readArchive(bytes, limits, (entry) => {
    lookAtLast();
    lookAtLast = () => {};
    if (entry.kind !== "file") return null;
    const found: Buffer[] = [];
    let leftBytes = beginnings?.bytesMax ?? 0;
    if (entry.path === name) {
      if (entry.sizeBytes > archiveEntryBytesMax) {
        throw invalidArchive(`${name} is larger than ${archiveEntryBytesMax} bytes`);
      }
      wanted = found;
      leftBytes = archiveEntryBytesMax;
    }
    if (leftBytes === 0) return null;
    lookAtLast = () => beginnings?.look(entry.path, Buffer.concat(found).subarray(0, beginnings.bytesMax));
    return (piece) => {
      // The reader uses its piece again.
      if (leftBytes > 0) found.push(Buffer.from(piece));
      leftBytes -= piece.length;
    };
  });
  lookAtLast();
  return wanted === null ? null : Buffer.concat(wanted);
}

/** Reads the whole archive and throws `invalid_archive` unless it can be unpacked safely. Writes nothing. */
export async function checkArchive(bytes: Uint8Array, limits: ArchiveLimits = archiveLimits): Promise<ArchiveReading> {
  return readArchive(bytes, limits, () => null);
}
