import { TunnelFault, tunnelPayloadBytesMax } from "./frames.ts";

/**
 * How far a sender may be ahead of its reader: at first, and at most. It doubles while it is what holds the sender up, and
 * the way of a piece does not take longer for it: then the line carries more. Where it takes longer, more would only wait
 * somewhere on the way, before the keys of somebody else's terminal.
 */
export const windowBytesMin = 262_144;
export const windowBytesMax = 4_194_304;

/** A way that takes so many times the shortest one is one on which something waits. */
const waitingRatio = 2;
/** Differences below it are those of timers and of turns. */
const unnoticedMs = 2;

/**
 * One direction of a stream at its sender: what was written and not acknowledged, and how much of it was sent. What is
 * not acknowledged is kept, as the line may break under it.
 */
export class SentBytes {
  readonly #chunks: Buffer[] = [];
  /** Position of the first chunk's first byte. */
  #base = 0;
  #acked = 0;
  #sent = 0;
  #written = 0;
  #window = windowBytesMin;
  #hasEnded = false;
  readonly #monotonicMs: () => number;
  /** One piece whose way is timed, from its sending to its acknowledgement. */
  #timed: { readonly position: number; readonly atMs: number } | null = null;
  #shortestWayMs = Number.POSITIVE_INFINITY;
  #lastWayMs = 0;
  /** Where the next frame begins: the chunk, and the offset in it. Found anew after a resume. */
  #cursor = { chunk: 0, offset: 0 };

  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /** All that was written has been handed to a line. */
  get isAllSent(): boolean {
    return this.#sent >= this.#written;
  }

  get written(): number {
    return this.#written;
  }

  /** The reader was given everything, the end included. */
  get isDone(): boolean {
    return this.#hasEnded && this.#acked === this.#written + 1;
  }

  /** Whether a frame would go now. */
  get hasNext(): boolean {
    if (this.#sent < this.#written) return this.#sent < this.#acked + this.#window;
    return this.#hasEnded && this.#sent === this.#written;
  }

  write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#written += bytes.length;
  }

  end(): void {
    this.#hasEnded = true;
  }

  /** The next piece within the window, `end` after the last, undefined when there is none to be sent now. */
  next(): Buffer | "end" | undefined {
    if (!this.hasNext) return undefined;
    if (this.#sent === this.#written) {
      this.#sent += 1;
      return "end";
    }
    const chunk = this.#chunks[this.#cursor.chunk];
    if (chunk === undefined) throw new Error("what was written and not sent is among the chunks");
    const { offset } = this.#cursor;
    const room = this.#acked + this.#window - this.#sent;
    const piece = chunk.subarray(offset, offset + Math.min(room, tunnelPayloadBytesMax));
    this.#sent += piece.length;
    this.#timed ??= { position: this.#sent, atMs: this.#monotonicMs() };
    this.#cursor.offset += piece.length;
    if (this.#cursor.offset === chunk.length) this.#cursor = { chunk: this.#cursor.chunk + 1, offset: 0 };
    return piece;
  }

  /** The reader has been given everything before `position`. @throws TunnelFault */
  ack(position: number): void {
    if (position < this.#acked || position > this.#sent) {
      throw new TunnelFault("An acknowledgement is of what was never sent, or was taken back.");
    }
    this.#time(position);
    const isHeldUp = this.#sent < this.#written && this.#sent === this.#acked + this.#window;
    const isFree = this.#lastWayMs <= waitingRatio * this.#shortestWayMs + unnoticedMs;
    if (isHeldUp && isFree) this.#window = Math.min(2 * this.#window, windowBytesMax);
    this.#acked = position;
    this.#forget();
  }

  #time(position: number): void {
    if (this.#timed === null || position < this.#timed.position) return;
    this.#lastWayMs = this.#monotonicMs() - this.#timed.atMs;
    this.#shortestWayMs = Math.min(this.#shortestWayMs, this.#lastWayMs);
    this.#timed = null;
  }

  /** A new line: the reader has what is before `position`, and the rest is sent again. @throws TunnelFault */
  resumeAt(position: number): void {
    if (position < this.#acked || position > this.#written + (this.#hasEnded ? 1 : 0)) {
      throw new TunnelFault("The other end has what was never sent, or misses what it had acknowledged.");
    }
    this.#sent = position;
    // Another line, another way.
    this.#timed = null;
    this.#shortestWayMs = Number.POSITIVE_INFINITY;
    this.#lastWayMs = 0;
    let chunk = 0;
    let offset = Math.min(position, this.#written) - this.#base;
    for (let length = this.#lengthOf(chunk); offset >= length && length > 0; length = this.#lengthOf(chunk)) {
      offset -= length;
      chunk += 1;
    }
    this.#cursor = { chunk, offset };
  }

  #lengthOf(chunk: number): number {
    return this.#chunks[chunk]?.length ?? 0;
  }

  #forget(): void {
    let gone = 0;
    for (let length = this.#lengthOf(0); length > 0 && this.#base + length <= this.#acked; length = this.#lengthOf(0)) {
      this.#chunks.shift();
      this.#base += length;
      gone += 1;
    }
    this.#cursor = { ...this.#cursor, chunk: this.#cursor.chunk - gone };
  }
}
