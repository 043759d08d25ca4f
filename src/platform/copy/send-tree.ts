import { constants, type Dir, type Stats } from "node:fs";
import { type FileHandle, lstat, open, opendir, readlink, realpath } from "node:fs/promises";
import path from "node:path";
import { type CopyChannel, CopyError, copyHeaderBytes, type CopyOffer, copyPieceBytes } from "./copy-records.ts";
import { copyDepthMax, isHopeless, isOfFiles, reasonOf, staysInside } from "./copy-rules.ts";

/** Files that are asked about at once, with `isSync`. */
const offeredMax = 64;
const blockBytes = 512;
/** Of one record: its length has 32 bits. */
const holeBytesMax = 1_073_741_824;
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const zeros = Buffer.alloc(copyPieceBytes);

export interface CopyTally {
  files: number;
  bytes: number;
  /** Files that were there already. */
  skipped: number;
}

export interface SendOptions {
  readonly channel: CopyChannel;
  /** Absolute. A link that is named itself is followed; those below are sent as links. */
  readonly sources: readonly string[];
  /** Asks whether these are there already; null: all are sent. */
  readonly ask: ((files: readonly CopyOffer[]) => Promise<readonly boolean[]>) | null;
  readonly onProblem: (path: string, reason: string) => Promise<void> | void;
  readonly tally: CopyTally;
}

interface Found {
  readonly path: string;
  readonly name: string;
  readonly stats: Stats;
}

/** Sends files and folders with all that is below them. What cannot be read is told, and the rest goes on. */
export async function sendTree(options: SendOptions): Promise<void> {
  for (const [index, source] of options.sources.entries()) {
    await orTold(options, source, async () => {
      const real = await realpath(source);
      const stats = await lstat(real);
      const found = { path: real, name: "", stats };
      if (!stats.isFile() && !stats.isDirectory()) return options.onProblem(source, kindOf(stats));
      await options.channel.send({ kind: "source", index });
      if (stats.isDirectory()) await sendFolder(options, found, 1);
      else await sendFiles(options, [found]);
    });
  }
  await options.channel.send({ kind: "sent" });
}

async function orTold(options: SendOptions, where: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isOfFiles(error)) throw error;
    if (isHopeless(error)) throw new CopyError(`${where}: ${reasonOf(error)}`, { cause: error });
    await options.onProblem(where, reasonOf(error));
  }
}

async function sendFolder(options: SendOptions, folder: Found, depth: number): Promise<void> {
  const { channel } = options;
  if (depth > copyDepthMax)
    return options.onProblem(folder.path, `more than ${copyDepthMax} folders within each other`);
  // Before it is announced: one that cannot be read is not begun.
  const entries = await opendir(folder.path);
  try {
    const { mode, mtimeMs } = folder.stats;
    await channel.send({ kind: "folder", name: folder.name, mode: mode & 0o777, mtimeMs });
    await orTold(options, folder.path, () => sendEntries(options, { entries, folder, depth }));
    await channel.send({ kind: "leave" });
  } finally {
    await entries.close();
  }
}

interface Entering {
  readonly entries: Dir;
  readonly folder: Found;
  readonly depth: number;
}

async function sendEntries(options: SendOptions, { entries, folder, depth }: Entering): Promise<void> {
  let files: Found[] = [];
  for (let entry = await entries.read(); entry !== null; entry = await entries.read()) {
    const { name } = entry;
    const at = path.join(folder.path, name);
    await orTold(options, at, async () => {
      const found = { path: at, name, stats: await lstat(at) };
      if (found.stats.isDirectory()) return await sendFolder(options, found, depth + 1);
      if (found.stats.isSymbolicLink()) return await sendLink(options, found, depth - 1);
      if (!found.stats.isFile()) return await options.onProblem(at, kindOf(found.stats));
      files.push(found);
    });
    if (files.length < offeredMax) continue;
    await sendFiles(options, files);
    files = [];
  }
  await sendFiles(options, files);
}

async function sendLink({ channel, onProblem }: SendOptions, { path: at, name }: Found, depth: number): Promise<void> {
  const target = await readlink(at);
  const isInside: boolean = staysInside(target, depth);
  if (isInside) await channel.send({ kind: "link", name, target });
  else await onProblem(at, `it is a link to ${target}, outside of what is copied`);
}

async function sendFiles(options: SendOptions, files: readonly Found[]): Promise<void> {
  const offers = files.map(({ name, stats }) => ({ name, size: stats.size, mtimeMs: stats.mtimeMs }));
  const are = options.ask === null || files.length === 0 ? [] : await options.ask(offers);
  for (const [index, file] of files.entries()) {
    if (are[index] === true) options.tally.skipped += 1;
    else await orTold(options, file.path, () => sendFile(options, file));
  }
}

async function sendFile(options: SendOptions, { path: at, name }: Found): Promise<void> {
  const { channel, tally } = options;
  const handle = await open(at, openFlags);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return await options.onProblem(at, kindOf(stats));
    await channel.send({ kind: "file", name, mode: stats.mode & 0o777, mtimeMs: stats.mtimeMs });
    try {
      await sendContent(options, handle, stats.blocks * blockBytes < stats.size);
    } catch (error) {
      if (isOfFiles(error)) await channel.send({ kind: "end", reason: reasonOf(error) });
      throw error;
    }
    await channel.send({ kind: "end", reason: null });
    tally.files += 1;
  } finally {
    await handle.close();
  }
}

/** One piece is read while the one before it leaves. A hole is told once, however long it is. */
async function sendContent({ channel, tally }: SendOptions, handle: FileHandle, isSparse: boolean): Promise<void> {
  let leaving: Promise<void> = Promise.resolve();
  let holeBytes = 0;
  let record = Buffer.allocUnsafe(copyHeaderBytes + copyPieceBytes);
  for (;;) {
    const { bytesRead } = await handle.read(record, copyHeaderBytes, copyPieceBytes, null);
    const bytes = record.subarray(copyHeaderBytes, copyHeaderBytes + bytesRead);
    tally.bytes += bytesRead;
    const isHole = isSparse && bytesRead > 0 && bytes.equals(zeros.subarray(0, bytesRead));
    if (isHole) holeBytes += bytesRead;
    if (isHole && holeBytes < holeBytesMax) continue;
    await leaving;
    if (holeBytes > 0) await channel.sendHole(holeBytes);
    holeBytes = 0;
    if (bytesRead === 0) return;
    if (isHole) continue;
    leaving = channel.sendData(record.subarray(0, copyHeaderBytes + bytesRead));
    // It is waited for above, after the next piece was read.
    leaving.catch(() => undefined);
    record = Buffer.allocUnsafe(copyHeaderBytes + copyPieceBytes);
  }
}

/** Sends what comes out of a stream as one file. */
export async function sendStream(
  channel: CopyChannel,
  stream: AsyncIterable<Buffer | string>,
  tally: CopyTally,
): Promise<void> {
  await channel.send({ kind: "source", index: 0 });
  await channel.send({ kind: "file", name: "", mode: 0o644, mtimeMs: null });
  for await (const piece of stream) {
    const bytes = Buffer.from(piece);
    await channel.sendData(Buffer.concat([Buffer.alloc(copyHeaderBytes), bytes]));
    tally.bytes += bytes.length;
  }
  tally.files += 1;
  await channel.send({ kind: "end", reason: null });
  await channel.send({ kind: "sent" });
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "it is a named pipe, which is not copied";
  if (stats.isSocket()) return "it is a socket, which is not copied";
  return "it is a device, which is not copied";
}
