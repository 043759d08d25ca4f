import { randomBytes } from "node:crypto";

/** Where code asks for chance. Seeded in tests and simulation, the operating system's in production. */
export interface Random {
  bytes(length: number): Buffer;
  /**
   * A UUID, lower case. The operating system's are of version 7, which begin with the time: rows that are made one after
   * the other lie side by side in their index, and not one a page.
   */
  uuid(): string;
  /** `length` characters of the lower-case RFC 4648 alphabet (`a-z2-7`), 5 bits each. */
  base32(length: number): string;
  /** In [0, 1). */
  float(): number;
}

const base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const twoTo32 = 2 ** 32;

function base32Of(bytes: Buffer): string {
  let text = "";
  // 256 is a multiple of 32, so taking the low five bits of each byte favours no letter.
  for (const byte of bytes) text += base32Alphabet.charAt(byte & 31);
  return text;
}

function uuidOf(bytes: Buffer, version: 4 | 7): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** RFC 9562 §5.7: 48 bits of milliseconds, then chance. */
function timedUuid(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  return uuidOf(bytes, 7);
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => timedUuid(Date.now()),
  base32: (length) => base32Of(randomBytes(length)),
  float: () => randomBytes(4).readUInt32BE(0) / twoTo32,
};

/** The same sequence for the same seed, on every platform (mulberry32). Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const bytes = (length: number): Buffer => {
    const buffer = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) buffer.writeUInt8(next() >>> 24, index);
    return buffer;
  };
  return {
    bytes,
    uuid: () => uuidOf(bytes(16), 4),
    base32: (length) => base32Of(bytes(length)),
    float: () => next() / twoTo32,
  };
}
