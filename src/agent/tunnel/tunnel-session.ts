import type { Socket } from "node:net";
import { tunnelResumeMs } from "../../contracts/tunnel.ts";
import { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";

export interface SessionOptions {
  readonly id: string;
  readonly secret: string;
  readonly userId: string;
  /** A frame of it may be ready. */
  readonly onWork: () => void;
  readonly onOver: () => void;
}

/** A person's stream, from its opening to its end, whatever becomes of the lines under it. */
export class TunnelSession {
  readonly id: string;
  readonly secret: string;
  readonly userId: string;
  readonly duplex: TunnelDuplex;
  /** Its number on the present line; null while it has none. */
  number: number | null = null;
  readonly #onOver: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor({ id, secret, userId, onWork, onOver }: SessionOptions) {
    this.id = id;
    this.secret = secret;
    this.userId = userId;
    this.#onOver = onOver;
    this.duplex = new TunnelDuplex(onWork);
    // Its other end, the socket, is told by its close.
    this.duplex.on("error", () => undefined);
    this.duplex.once("close", () => this.#leave());
  }

  /** Joins it with what it leads to: either's end is the other's, and so is either's failure. */
  join(socket: Socket): void {
    const { duplex } = this;
    duplex.pipe(socket);
    socket.pipe(duplex);
    socket.on("error", (error) => duplex.destroy(error));
    socket.once("close", (hadError) => {
      if (hadError) duplex.destroy();
    });
    // One that has ended by itself may have something left to be read.
    duplex.once("close", () => {
      if (!socket.writableEnded) socket.destroy();
    });
  }

  /** Its line is gone: it is kept for whoever comes back with its secret. */
  detach(): void {
    this.number = null;
    this.duplex.stream.detach();
    this.#timer ??= setTimeout(() => this.end("line_lost", "Nobody came back for it."), tunnelResumeMs);
  }

  attach(number: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.number = number;
  }

  /** Ends it for good. */
  end(code: string, message: string): void {
    this.duplex.stream.abort({ code, message });
    this.duplex.destroy();
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#onOver();
  }
}
