import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { withFileLock } from "../../platform/file-lock.ts";
import { replaceFile } from "../../platform/replace-file.ts";

/** One entry of a file of X11's cookies, as `Xau` of the X libraries has it; numbers are big endian. */
export interface XauthEntry {
  readonly family: number;
  readonly address: Buffer;
  readonly display: Buffer;
  readonly protocol: Buffer;
  readonly cookie: Buffer;
}

/** Of a display of this host: its address is the host's name, also for `localhost:10` (libxcb and Xlib look so). */
export const familyLocal = 256;
/** A cookie has some 60 bytes. What is larger is no such file. */
const fileBytesMax = 1_048_576;
const textMax = 65_535;

/** The entries that can be read; what is behind a broken one was never seen by anybody. */
export function parseXauthority(bytes: Buffer): readonly XauthEntry[] {
  const entries: XauthEntry[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const texts: Buffer[] = [];
    let next = at + 2;
    while (texts.length < 4 && next + 2 <= bytes.length) {
      const end = next + 2 + bytes.readUInt16BE(next);
      if (end > bytes.length) return entries;
      texts.push(bytes.subarray(next + 2, end));
      next = end;
    }
    const [address, display, protocol, cookie] = texts;
    if (address === undefined || display === undefined || protocol === undefined || cookie === undefined)
      return entries;
    entries.push({ family: bytes.readUInt16BE(at), address, display, protocol, cookie });
    at = next;
  }
  return entries;
}

export function renderXauthority(entries: readonly XauthEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ family, address, display, protocol, cookie }) => [
      number16(family),
      ...[address, display, protocol, cookie].flatMap((text) => [number16(text.length), text]),
    ]),
  );
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(Math.min(value, textMax));
  return bytes;
}

/** The entries with this one in the place of all of its display: a cookie that was left behind would be tried first. */
export function withEntry(entries: readonly XauthEntry[], entry: XauthEntry): readonly XauthEntry[] {
  return [...entries.filter((each) => !isSameDisplay(each, entry)), entry];
}

/** The entries without this one, and with the display's when somebody has written another one meanwhile. */
export function withoutEntry(entries: readonly XauthEntry[], entry: XauthEntry): readonly XauthEntry[] {
  return entries.filter((each) => !isSameDisplay(each, entry) || !each.cookie.equals(entry.cookie));
}

function isSameDisplay(one: XauthEntry, other: XauthEntry): boolean {
  return one.family === other.family && one.address.equals(other.address) && one.display.equals(other.display);
}

/**
 * Changes the file as a whole while nobody else does: its lock is that of `xauth`, which takes `FILE-c` first.
 * Errors: those of the file system; a file that is none of cookies.
 */
export async function changeXauthority(
  file: string,
  change: (entries: readonly XauthEntry[]) => readonly XauthEntry[],
): Promise<void> {
  await withFileLock(`${file}-c`, async () => {
    const before = await readOrEmpty(file);
    const after = renderXauthority(change(parseXauthority(before)));
    if (!after.equals(before)) await replaceFile(file, after, 0o600);
  });
}

async function readOrEmpty(file: string): Promise<Buffer> {
  try {
    // Of a pipe that somebody has put there, nothing is waited for.
    const opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await opened.stat();
      if (!found.isFile() || found.size > fileBytesMax) throw new Error(`${file} is no file of X11's cookies`);
      return await opened.readFile();
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
