import { TunnelFault } from "./frames.ts";
import { windowBytesMax, windowBytesMin } from "./sent-bytes.ts";

/** The reader is told of after so much: a quarter of the smallest window, so that a sender is never held up for nothing. */
const ackBytes = windowBytesMin / 4;

/** One direction of a stream at its reader: what came and was not given to him yet. */
export class ReceivedBytes {
  readonly #chunks: Buffer[] = [];
  #received = 0;
  #given = 0;
  #told = 0;
  #hasEnded = false;
  #isEndGiven = false;
  /** The line on which the sender was told is gone, and it may not have heard it. */
  #isUnheard = false;

  /** Position up to which everything is here, the end included. */
  get received(): number {
    return this.#received + (this.#hasEnded ? 1 : 0);
  }

  /** The reader has been given everything, the end included, and the sender was told. */
  get isDone(): boolean {
    return this.#isEndGiven && !this.#isUnheard && this.#told === this.#position();
  }

  /** Whether the sender is to be told how far the reader is. */
  get hasAck(): boolean {
    const ahead = this.#position() - this.#told;
    return this.#isUnheard || ahead >= ackBytes || (ahead > 0 && this.#isEndGiven);
  }

  /** @throws TunnelFault when more comes than the largest window, or after the end. */
  add(bytes: Buffer): void {
    if (this.#hasEnded) throw new TunnelFault("Data came after the end.");
    if (this.#received + bytes.length > this.#given + windowBytesMax) {
      throw new TunnelFault("More came than the other end may send ahead.");
    }
    this.#received += bytes.length;
    this.#chunks.push(bytes);
  }

  end(): void {
    if (this.#hasEnded) throw new TunnelFault("A stream ended twice.");
    this.#hasEnded = true;
  }

  /** What the reader is given next: bytes, null for the end (once), undefined when nothing is here. */
  give(): Buffer | null | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#given += chunk.length;
      return chunk;
    }
    if (!this.#hasEnded || this.#isEndGiven) return undefined;
    this.#isEndGiven = true;
    return null;
  }

  /** The position to tell the sender, which counts as told. */
  ack(): number {
    this.#told = this.#position();
    this.#isUnheard = false;
    return this.#told;
  }

  /** On a new line the sender is told again. */
  tellAnew(): void {
    this.#isUnheard = true;
  }

  #position(): number {
    return this.#given + (this.#isEndGiven ? 1 : 0);
  }
}
