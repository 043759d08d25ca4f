import { Duplex } from "node:stream";
import type { TunnelReset } from "./frames.ts";
import { TunnelStream } from "./tunnel-stream.ts";

/** A stream that was ended before its time. */
export class TunnelResetError extends Error {
  override readonly name = "TunnelResetError";
  readonly code: string;

  constructor({ code, message }: TunnelReset) {
    super(message);
    this.code = code;
  }
}

/** There is no line to the server, in words that go on after "cannot be reached:". */
export class TunnelLineError extends Error {
  override readonly name = "TunnelLineError";
  /** Whether a server was reached, and the line was gone before it answered: another one may be had. */
  readonly isCut: boolean;

  constructor(message: string, { isCut = false, ...options }: ErrorOptions & { readonly isCut?: boolean } = {}) {
    super(message, options);
    this.isCut = isCut;
  }
}

/** Bytes that a reader or a writer has in hand beside the window. */
const inHandBytes = 65_536;

/**
 * A stream of the tunnel as a socket of Node: what is read from it is acknowledged, and what is written to it is taken
 * as fast as the other end reads.
 */
export class TunnelDuplex extends Duplex {
  readonly stream: TunnelStream;
  #written: ((error?: Error | null) => void) | null = null;
  #isReaderWaiting = false;

  /** @param onWork a frame may have become ready: whoever writes to the line takes it by `stream.next`. */
  constructor(onWork: () => void) {
    const highWaterMark = { readableHighWaterMark: inHandBytes, writableHighWaterMark: inHandBytes };
    // It is over when the other end has everything, and not when it was written.
    super({ allowHalfOpen: true, autoDestroy: false, ...highWaterMark });
    this.stream = new TunnelStream({
      onWork,
      onProgress: () => this.#goOn(),
      onReset: (reset) => this.destroy(new TunnelResetError(reset)),
      // Both ends have all of it; what its reader has in hand is his.
      onDone: () => (this.readableEnded ? this.destroy() : this.once("end", () => this.destroy())),
    });
  }

  override _read(): void {
    this.#isReaderWaiting = true;
    this.#give();
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#written = done;
    this.stream.write(bytes);
    this.#goOn();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const reset = error instanceof TunnelResetError ? error : null;
    // Whoever has read the end and written all is through with it; what is under way still goes.
    const isThrough = error === null && this.readableEnded && this.writableFinished;
    if (!isThrough) {
      this.stream.abort({ code: reset?.code ?? "closed", message: error?.message ?? "It was closed." });
    }
    const written = this.#written;
    this.#written = null;
    written?.(error);
    done(error);
  }

  // What `net.Socket` has besides, as `ssh2` and `http` ask for it. The line looks after its own silence.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  /** Ends its side; it is gone when the other side has ended, too. */
  destroySoon(): void {
    this.end();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #goOn(): void {
    if (this.#isReaderWaiting) this.#give();
    if (this.#written === null || !this.stream.isAllSent) return;
    const written = this.#written;
    this.#written = null;
    written();
  }

  #give(): void {
    while (this.#isReaderWaiting) {
      const given = this.stream.give();
      if (given === undefined) return;
      // `push` says whether the reader wants more, and `_read` is called when he wants it again.
      this.#isReaderWaiting = this.push(given) && given !== null;
    }
  }
}
