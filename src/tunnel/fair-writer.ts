import { encodeTunnelFrame } from "./frames.ts";
import type { TunnelStream } from "./tunnel-stream.ts";

/** Above it nothing more is given to the line: what waits there can neither be put in another order nor taken back. */
const lineBytesMax = 262_144;

/** What carries frames, such as a WebSocket. */
export interface TunnelLine {
  readonly bufferedAmount: number;
  /** `sent` is called when the operating system has it, or never will. */
  send(message: Buffer, sent: () => void): void;
}

/** Sends the frames of many streams over one line, one of each in turn, so that none waits for another's bulk. */
export class FairWriter {
  readonly #line: TunnelLine;
  readonly #onOver: (number: number) => void;
  readonly #streams = new Map<number, TunnelStream>();
  /** Those that have something to send, in the order of their turn. */
  #turns: number[] = [];
  readonly #waiting = new Set<number>();
  #isPumping = false;

  /** @param onOver a stream has sent its last: it is not known here any more. */
  constructor(line: TunnelLine, onOver: (number: number) => void) {
    this.#line = line;
    this.#onOver = onOver;
  }

  add(number: number, stream: TunnelStream): void {
    this.#streams.set(number, stream);
    this.poke(number);
  }

  remove(number: number): void {
    this.#streams.delete(number);
  }

  /** A frame of the stream may have become ready. */
  poke(number: number): void {
    if (!this.#waiting.has(number)) {
      this.#waiting.add(number);
      this.#turns.push(number);
    }
    this.#pump();
  }

  #pump(): void {
    // Taking a frame lets whoever writes go on, who pokes.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#line.bufferedAmount <= lineBytesMax) {
        const number = this.#turns.shift();
        if (number === undefined) return;
        this.#waiting.delete(number);
        const stream = this.#streams.get(number);
        if (stream === undefined) continue;
        const frame = stream.next();
        if (frame !== undefined) this.#line.send(encodeTunnelFrame(number, frame), () => this.#pump());
        if (stream.isOver) {
          this.#streams.delete(number);
          this.#onOver(number);
        } else if (stream.hasFrame && !this.#waiting.has(number)) {
          this.#waiting.add(number);
          this.#turns.push(number);
        }
      }
    } finally {
      this.#isPumping = false;
    }
  }
}
