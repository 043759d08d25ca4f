import { gzipSync } from "node:zlib";
import { Header, type types } from "tar";

export interface TarEntry {
  readonly path: string;
  readonly type?: types.EntryTypeName;
  readonly linkpath?: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
}

function block(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? "");
  const header = Buffer.alloc(512);
  new Header({
    path: entry.path,
    type: entry.type ?? "File",
    mode: entry.mode ?? 0o644,
    size: content.length,
    ...(entry.linkpath === undefined ? {} : { linkpath: entry.linkpath }),
  }).encode(header, 0);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** A gzipped tar of exactly these entries, as hostile as they are: nothing is checked or normalised. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  return gzipSync(Buffer.concat([...entries.map(block), Buffer.alloc(1024)]));
}
