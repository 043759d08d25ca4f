import type { Readable } from "node:stream";
import type { ServerChannel } from "ssh2";
import { isOpen, lineOf, onceWindowGrows, onChannelClosed, type OutputKind, sendEof, sendSome } from "./ssh2-inside.ts";

/** How a command ended, as its client is told. */
export type ExitWord = { readonly status: number } | { readonly signal: string };

/**
 * What goes to the client over a channel, in order. `ssh2`'s own way looks at the client's window and not at the line
 * under it, so that what a slow line does not take would lie in memory for each channel; and with both outputs at the end
 * of a window it sends bytes twice (1.17.0). Here a piece is handed over when both have room for it.
 */
export class ChannelOutput {
  readonly #channel: ServerChannel;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #waking: (() => void) | null = null;
  #waiting = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(channel: ServerChannel) {
    this.#channel = channel;
    onChannelClosed(channel, () => {
      this.#isClosed = true;
      this.#waking?.();
      for (const closed of this.#listeners.splice(0)) closed();
    });
  }

  /** Called once when the channel is closed, at once if it is already. */
  onClosed(closed: () => void): void {
    if (this.#isClosed) closed();
    else this.#listeners.push(closed);
  }

  /** Whether nothing waits to be sent. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the line has taken all of it; false when the channel is closed, and nobody wants more. */
  write(bytes: Buffer, kind: OutputKind = "stdout"): Promise<boolean> {
    return this.#inTurn(() => this.#send(bytes, kind));
  }

  /** After all that was written: no more comes. The client may go on. */
  eof(): Promise<void> {
    return this.#inTurn(async () => sendEof(this.#channel));
  }

  /** After all that was written: how it ended, the end, and the close, in this order. */
  finish(exit?: ExitWord): Promise<void> {
    return this.#inTurn(async () => {
      if (exit !== undefined && !this.#isClosed) this.#tellExit(exit);
      this.#channel.end();
    });
  }

  #tellExit(exit: ExitWord): void {
    if ("status" in exit) this.#channel.exit(exit.status);
    else this.#channel.exit(exit.signal, false, "");
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #send(bytes: Buffer, kind: OutputKind): Promise<boolean> {
    let sent = 0;
    while (sent < bytes.length) {
      if (this.#isClosed || !isOpen(this.#channel)) return false;
      const line = lineOf(this.#channel);
      if (line.writableNeedDrain) {
        await this.#woken((wake) => line.once("drain", wake));
        continue;
      }
      const size = sendSome(this.#channel, sent === 0 ? bytes : bytes.subarray(sent), kind);
      if (size === 0) await this.#woken((wake) => onceWindowGrows(this.#channel, wake));
      sent += size;
    }
    return true;
  }

  /** Until there is news, or the channel is closed. */
  async #woken(ask: (wake: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waking = resolve;
      ask(resolve);
    });
    this.#waking = null;
  }
}

/** Brings what comes out of a pipe to a channel, as fast as its client takes it. */
export class Pump {
  readonly #pipe: Readable;
  /** When all of it was handed over, or nobody wants more of it. */
  readonly done: Promise<void>;
  /** How many pieces have come. */
  seen = 0;
  #isLetGo = false;

  constructor(pipe: Readable, output: ChannelOutput, kind: OutputKind) {
    this.#pipe = pipe;
    pipe.on("error", () => undefined);
    let last: Promise<unknown> = Promise.resolve();
    pipe.on("data", (bytes: Buffer) => {
      this.seen += 1;
      if (this.#isLetGo) return;
      pipe.pause();
      last = output.write(bytes, kind).then(() => pipe.resume());
    });
    this.done = new Promise((resolve) => {
      const finish = (): void => void last.then(() => resolve());
      pipe.once("end", finish).once("close", finish);
    });
  }

  /** What still comes is read and thrown away: what runs on in the background must not die of it. */
  letGo(): void {
    this.#isLetGo = true;
    this.#pipe.resume();
  }
}
