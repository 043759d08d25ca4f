import type { DroppedFile } from "./dropped-file.ts";

const blockBytes = 512;
const nameBytesMax = 100;
const prefixBytesMax = 155;
const encoder = new TextEncoder();

/**
 * A tar (POSIX ustar) of files, or why there is none. A browser does not know which file is executable, so what begins
 * as a script (`#!`) is taken for one.
 */
export async function tarOf(files: readonly DroppedFile[]): Promise<Blob | string> {
  const parts: BlobPart[] = [];
  for (const { path, file } of files) {
    const name = splitName(path);
    if (name === null) return `The path ${path} is too long for an archive.`;
    const isScript = (await file.slice(0, 2).text()) === "#!";
    parts.push(header({ ...name, size: file.size, mode: isScript ? 0o755 : 0o644 }), file);
    parts.push(new Uint8Array((blockBytes - (file.size % blockBytes)) % blockBytes));
  }
  parts.push(new Uint8Array(2 * blockBytes));
  return new Blob(parts);
}

/** A long path goes into two fields, parted at a `/`. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | null {
  const length = (text: string): number => encoder.encode(text).length;
  if (length(path) <= nameBytesMax) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (length(name) <= nameBytesMax && length(prefix) <= prefixBytesMax) return { name, prefix };
  }
  return null;
}

interface Entry {
  readonly name: string;
  readonly prefix: string;
  readonly size: number;
  readonly mode: number;
}

function header({ name, prefix, size, mode }: Entry): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockBytes);
  const put = (at: number, text: string): void => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}
