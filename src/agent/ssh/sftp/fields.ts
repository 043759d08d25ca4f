import { SftpStatus, status } from "./protocol.ts";

export interface FileAttributes {
  readonly size?: number;
  readonly owner?: { readonly user: number; readonly group: number };
  readonly mode?: number;
  /** In seconds. */
  readonly times?: { readonly access: number; readonly change: number };
}

const flag = { size: 0x1, owner: 0x2, mode: 0x4, times: 0x8, extended: 0x8000_0000 } as const;
/** Bits of a mode that a client may set. */
const modeBits = 0o7777;
const extendedMax = 64;

/** Reads a packet's fields one after the other. Errors: `SftpStatus` "bad message", when there is less than it says. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** An offset or a length: Node counts up to 2^53, and no file system goes beyond it. */
  u64(): number {
    const value = this.#bytes.readBigUInt64BE(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new SftpStatus(status.failure, "The offset is too large.");
    return Number(value);
  }

  bytes(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A name or a path: one character for each byte, so that what is no UTF-8 stays as it is. */
  path(): string {
    const path = this.bytes().toString("latin1");
    if (path.includes("\0")) throw new SftpStatus(status.noSuchFile, "A path has no zero byte.");
    return path;
  }

  attributes(): FileAttributes {
    const flags = this.u32();
    const size = flags & flag.size ? { size: this.u64() } : {};
    const owner = flags & flag.owner ? { owner: { user: this.u32(), group: this.u32() } } : {};
    const mode = flags & flag.mode ? { mode: this.u32() & modeBits } : {};
    const times = flags & flag.times ? { times: { access: this.u32(), change: this.u32() } } : {};
    if ((flags & flag.extended) !== 0) this.#skipExtended();
    return { ...size, ...owner, ...mode, ...times };
  }

  get rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  #skipExtended(): void {
    const count = this.u32();
    if (count > extendedMax) throw new SftpStatus(status.badMessage, "There are too many extended attributes.");
    for (let index = 0; index < 2 * count; index += 1) this.bytes();
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new SftpStatus(status.badMessage, "The packet ends too early.");
    this.#at += length;
    return at;
  }
}

/** Collects a reply's fields. */
export class FieldWriter {
  readonly #pieces: Buffer[] = [];

  u8(value: number): this {
    this.#pieces.push(Buffer.from([value]));
    return this;
  }

  u32(value: number): this {
    const piece = Buffer.alloc(4);
    piece.writeUInt32BE(value >>> 0);
    this.#pieces.push(piece);
    return this;
  }

  u64(value: number | bigint): this {
    const piece = Buffer.alloc(8);
    piece.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
    this.#pieces.push(piece);
    return this;
  }

  bytes(value: Buffer): this {
    this.u32(value.length);
    this.#pieces.push(value);
    return this;
  }

  /** See `FieldReader.path`. */
  path(value: string): this {
    return this.bytes(Buffer.from(value, "latin1"));
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  attributes(stats: StatsOfFile | null): this {
    if (stats === null) return this.u32(0);
    this.u32(flag.size | flag.owner | flag.mode | flag.times).u64(stats.size);
    this.u32(stats.uid).u32(stats.gid).u32(stats.mode);
    return this.u32(secondsOf(stats.atimeMs)).u32(secondsOf(stats.mtimeMs));
  }

  get whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

/** What `stat` says, as far as it is passed on. */
export interface StatsOfFile {
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly nlink: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
}

function secondsOf(timeMs: number): number {
  // Before 1970 and after 2106 there is no way to say it.
  return Math.min(Math.max(Math.floor(timeMs / 1_000), 0), 0xffff_ffff);
}
