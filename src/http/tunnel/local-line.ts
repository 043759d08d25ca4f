import { EventEmitter } from "node:events";
import { WebSocket } from "ws";

/**
 * The two ends of a line within this server, each to be used as a WebSocket: by it what the server itself wants of a
 * workspace goes the way that its clients' streams go, with their checks and to the server that holds the agent.
 */
export function localLine(): { readonly near: WebSocket; readonly far: WebSocket } {
  const near = new LocalEnd();
  const far = new LocalEnd();
  near.other = far;
  far.other = near;
  // The near end is used by a client, which has just made it and listens next.
  setImmediate(() => near.emit("open"));
  // Both offer what those who get them use of a WebSocket, which has no interface without its connection.
  return { near: near as unknown as WebSocket, far: far as unknown as WebSocket };
}

type Sent = (error?: Error) => void;

interface Waiting {
  readonly message: Buffer;
  readonly sent: Sent | undefined;
}

class LocalEnd extends EventEmitter {
  readonly OPEN = WebSocket.OPEN;
  readonly CONNECTING = WebSocket.CONNECTING;
  readyState: number = WebSocket.OPEN;
  isPaused = false;
  bufferedAmount = 0;
  other: LocalEnd | null = null;
  /** What the other end has sent, and nobody has taken here. */
  readonly #waiting: Waiting[] = [];
  #isDelivering = false;

  send(message: Buffer, sent?: Sent): void {
    if (this.readyState !== WebSocket.OPEN || this.other === null) return sent?.(new Error("the line is closed"));
    this.bufferedAmount += message.length;
    this.other.#take({ message, sent });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#deliver();
  }

  ping(): void {
    this.other?.emit("ping");
    this.emit("pong");
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState !== WebSocket.OPEN) return;
    this.readyState = WebSocket.CLOSED;
    const { other } = this;
    // What was sent before comes before.
    setImmediate(() => {
      if (other !== null) other.#deliver();
      other?.close(code, reason);
      this.emit("close", code, Buffer.from(reason));
    });
  }

  terminate(): void {
    this.close(1006);
  }

  #take(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    setImmediate(() => {
      this.#isDelivering = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.isPaused) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (this.other !== null) this.other.bufferedAmount -= next.message.length;
      this.emit("message", next.message, true);
      next.sent?.();
    }
  }
}
