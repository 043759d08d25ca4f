import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { CodedError } from "../../contracts/errors.ts";
import { archivePathLengthMax } from "../../contracts/limits.ts";
import type { ArchiveLimits } from "./archive-limits.ts";

export interface ArchiveEntry {
  readonly kind: "file" | "folder";
  /** Relative, with `/`, without `.` and `..`; never empty. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly sizeBytes: number;
}

/** Takes the bytes of one entry piece by piece, or null to pass over them. */
export type EntrySink = ((piece: Buffer) => void) | null;

export interface ArchiveReading {
  readonly entries: number;
  /** Length of the decompressed tar stream. */
  readonly unpackedBytes: number;
}

const pieceBytes = 65_536;
/** Archivers fill the last record with zeros; 10 KiB is usual. */
const paddingBytesMax = 1_048_576;
const fileTypes = new Set(["File", "OldFile", "ContiguousFile"]);
const folderTypes = new Set(["Directory", "GNUDumpDir"]);

export function invalidArchive(reason: string, cause?: unknown): CodedError {
  return new CodedError("invalid_archive", `The template archive is refused: ${reason}.`, { cause });
}

/** The path of an entry as it may be used below a folder, or the reason why it may not. */
function checkedPath(raw: string): string {
  const shown = JSON.stringify(raw.slice(0, 200));
  if (raw.length > archivePathLengthMax) throw invalidArchive(`the path ${shown}… is too long`);
  if (raw.includes("\0") || raw.includes("\\")) throw invalidArchive(`the path ${shown} has a forbidden character`);
  if (raw.startsWith("/") || /^[a-zA-Z]:/.test(raw)) throw invalidArchive(`the path ${shown} is absolute`);
  const parts = raw.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw invalidArchive(`the path ${shown} leaves the folder`);
  return parts.join("/");
}

function checkedEntry(entry: ReadEntry): ArchiveEntry | null {
  const path = checkedPath(entry.path);
  const kind = fileTypes.has(entry.type) ? "file" : folderTypes.has(entry.type) ? "folder" : null;
  if (kind === null) {
    const what = entry.type === "SymbolicLink" || entry.type === "Link" ? "a link" : `a ${entry.type}`;
    throw invalidArchive(`${JSON.stringify(path)} is ${what}; only files and folders are taken`);
  }
  if (path === "") {
    if (kind === "folder") return null; // `./`, the folder itself
    throw invalidArchive("a file has no name");
  }
  return { kind, path, isExecutable: ((entry.mode ?? 0) & 0o100) !== 0, sizeBytes: entry.size };
}

/**
 * Reads a gzipped tar of regular files and folders, in one pass and with bounded memory: decompression stops
 * at the first byte above the limits, so a bomb costs no more than they allow.
 * Errors: `invalid_archive`, and whatever `onEntry` or a sink throws.
 */
export async function readArchive(
  bytes: Uint8Array,
  limits: ArchiveLimits,
  onEntry: (entry: ArchiveEntry) => EntrySink,
): Promise<ArchiveReading> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw invalidArchive("it is not a gzipped tar");
  let failure: Error | undefined;
  let isFirst = true;
  let isAtEnd = false;
  let paddingBytes = 0;
  let entries = 0;
  const files = new Set<string>();
  const visit = (entry: ReadEntry): void => {
    entries += 1;
    if (entries > limits.entriesMax) throw invalidArchive(`it has more than ${limits.entriesMax} entries`);
    const checked = checkedEntry(entry);
    if (checked?.kind === "file") {
      if (files.has(checked.path)) throw invalidArchive(`it has ${JSON.stringify(checked.path)} twice`);
      files.add(checked.path);
    }
    const sink = checked === null ? null : onEntry(checked);
    entry.on("data", (piece: Buffer) => {
      try {
        if (failure === undefined) sink?.(piece);
      } catch (error) {
        failure ??= asError(error);
      }
    });
  };
  const parser = new Parser({
    strict: true,
    brotli: false,
    zstd: false,
    onReadEntry: (entry) => {
      try {
        if (failure === undefined) visit(entry);
      } catch (error) {
        failure ??= asError(error);
      }
      // An entry that nobody reads would hold up the parser.
      entry.resume();
    },
  });
  parser.on("eof", () => (isAtEnd = true));
  parser.on("error", (error: Error) => (failure ??= invalidArchive(error.message, error)));
  const unpackedBytes = await pump(bytes, {
    limits,
    feed: (piece) => {
      // The parser would decompress a gzip within the gzip by itself, past the limit on what comes out.
      if (isFirst && piece[0] === 0x1f) throw invalidArchive("it is compressed more than once");
      isFirst = false;
      // After its end the parser would pile up what follows, at a quadratic cost (seen with tar 7.5: 80 MB, minutes).
      if (isAtEnd) paddingBytes += piece.length;
      else parser.write(piece);
      if (paddingBytes > paddingBytesMax) throw invalidArchive("there is more after its end");
      if (failure !== undefined) throw failure;
    },
  });
  if (failure === undefined) parser.end();
  if (failure !== undefined) throw failure;
  return { entries, unpackedBytes };
}

interface PumpOptions {
  readonly limits: ArchiveLimits;
  readonly feed: (piece: Buffer) => void;
}

/** Decompresses `bytes` into `feed`, one bounded piece after the other, and answers how many bytes came out. */
async function pump(bytes: Uint8Array, options: PumpOptions): Promise<number> {
  let unpackedBytes = 0;
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  gunzip.end(bytes);
  try {
    // The iterator asks for the next piece only when this one is done, and closes the stream when the loop throws.
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      unpackedBytes += piece.length;
      if (unpackedBytes > options.limits.unpackedBytesMax) {
        throw invalidArchive(`unpacked it is larger than ${options.limits.unpackedBytesMax} bytes`);
      }
      options.feed(piece);
    }
  } catch (error) {
    throw isZlibError(error) ? invalidArchive(error.message, error) : error;
  }
  return unpackedBytes;
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
