import { archiveEntriesMax } from "../../contracts/limits.ts";

/** What a template archive may hold. Both limits are checked while it is read, never after. */
export interface ArchiveLimits {
  readonly entriesMax: number;
  /** Bytes of the tar stream after decompression, headers included. */
  readonly unpackedBytesMax: number;
}

/** Templates are text: 64 MiB leaves room for a few binaries and none for a bomb. */
export const archiveLimits: ArchiveLimits = { entriesMax: archiveEntriesMax, unpackedBytesMax: 64 * 1_048_576 };
