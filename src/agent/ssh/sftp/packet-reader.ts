import { packetBytesMax } from "./protocol.ts";

const lengthBytes = 4;
/** A packet has at least its kind. */
const packetBytesMin = 1;

/** Whoever sends this speaks another protocol: there is no way to go on. */
export class PacketFault extends Error {
  override readonly name = "PacketFault";
}

/** Cuts a stream of bytes into packets. It holds at most one that is not whole yet. */
export class PacketReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** How many bytes of a packet wait for the rest. */
  get waiting(): number {
    return this.#bytes;
  }

  /** @returns the packets that are whole now, each without its length. Errors: `PacketFault`. */
  add(piece: Buffer): readonly Buffer[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const packets: Buffer[] = [];
    while (this.#bytes >= lengthBytes) {
      const length = this.#peekLength();
      if (length < packetBytesMin || length > packetBytesMax) {
        throw new PacketFault(`A packet has ${length} bytes, and may have 1 to ${packetBytesMax}.`);
      }
      if (this.#bytes < lengthBytes + length) break;
      packets.push(this.#take(lengthBytes + length).subarray(lengthBytes));
    }
    return packets;
  }

  #peekLength(): number {
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= lengthBytes) return first.readUInt32BE(0);
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined.readUInt32BE(0);
  }

  #take(length: number): Buffer {
    let count = 0;
    let bytes = 0;
    for (; bytes < length; count += 1) bytes += this.#pieces[count]?.length ?? length;
    const taken = this.#pieces.splice(0, count);
    const whole = taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken);
    if (whole.length > length) this.#pieces.unshift(whole.subarray(length));
    this.#bytes -= length;
    return whole.subarray(0, length);
  }
}
