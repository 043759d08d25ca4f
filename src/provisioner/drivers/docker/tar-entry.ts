import { Header, Pax } from "tar";

const blockBytes = 512;

export interface TarEntry {
  /** Relative, with `/`; folders end in `/`. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Absent for a folder. */
  readonly content?: Uint8Array;
}

/** A tar archive of these entries, in this order. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * blockBytes)]);
}

function blocksOf(entry: TarEntry): readonly Buffer[] {
  const { path, mode, uid, gid, content } = entry;
  const size = content?.length ?? 0;
  const fields = {
    path,
    mode,
    uid,
    gid,
    size,
    mtime: new Date(0),
    type: content === undefined ? "Directory" : "File",
  } as const;
  const header = new Header(fields);
  const head = Buffer.alloc(blockBytes);
  // A path that does not fit into the old header travels in an entry of its own before it.
  const needsPax = header.encode(head, 0);
  const pax = needsPax ? new Pax(fields).encode() : Buffer.alloc(0);
  const body = content === undefined ? Buffer.alloc(0) : Buffer.from(content);
  return [pax, head, body, Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes)];
}

/** The content of an archive's first plain file; empty when there is none. */
export function firstFileOf(archive: Buffer): Buffer {
  for (const { header, start } of headersOf(archive)) {
    if (header.type === "File" || header.type === "OldFile") return archive.subarray(start, start + (header.size ?? 0));
  }
  return Buffer.alloc(0);
}

/** Who owns the archive's first folder, as its beginning tells; null when it does not. */
export function firstFolderOf(beginning: Buffer): { readonly uid: number; readonly mode: number } | null {
  for (const { header } of headersOf(beginning)) {
    if (header.type === "Directory") return { uid: header.uid ?? 0, mode: (header.mode ?? 0) & 0o7777 };
  }
  return null;
}

function* headersOf(archive: Buffer): Generator<{ readonly header: Header; readonly start: number }> {
  let offset = 0;
  while (offset + blockBytes <= archive.length) {
    const header = new Header(archive, offset);
    if (header.nullBlock) return;
    const start = offset + blockBytes;
    yield { header, start };
    offset = start + Math.ceil((header.size ?? 0) / blockBytes) * blockBytes;
  }
}
