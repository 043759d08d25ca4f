import { type ArchiveLimits, archiveLimits } from "./archive-limits.ts";
import { readArchive } from "./read-archive.ts";

export interface ArchiveFile {
  readonly bytes: Buffer;
  readonly isExecutable: boolean;
}

/** Every file of an archive by its path, in memory: the limits bound all of them together. Errors: `invalid_archive`. */
export async function archiveFiles(
  archive: Uint8Array,
  limits: ArchiveLimits = archiveLimits,
): Promise<ReadonlyMap<string, ArchiveFile>> {
  const files = new Map<string, { readonly pieces: Buffer[]; readonly isExecutable: boolean }>();
  await readArchive(archive, limits, ({ kind, path, isExecutable }) => {
    if (kind === "folder") return null;
    const pieces: Buffer[] = [];
    files.set(path, { pieces, isExecutable });
    // The reader uses its piece again.
    return (piece) => pieces.push(Buffer.from(piece));
  });
  return new Map(
    [...files].map(([path, { pieces, isExecutable }]) => [path, { bytes: Buffer.concat(pieces), isExecutable }]),
  );
}
