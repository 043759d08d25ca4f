import { connect, createServer, type Server, type Socket } from "node:net";

export type LinkState =
  | { readonly kind: "forward" }
  /** Nothing comes through and nothing is closed, as when packets are dropped; it comes late when the silence ends. */
  | { readonly kind: "silent" }
  /** Connections are reset, and new ones as well. */
  | { readonly kind: "cut" }
  | { readonly kind: "slow"; readonly delayMs: number };

/** One direction of a connection, and what has still to come through. Little: who hears nothing soon says nothing more. */
interface Way {
  readonly waiting: { readonly work: () => void; readonly dueMs: number }[];
  timer: NodeJS.Timeout | undefined;
}

/** A TCP proxy on 127.0.0.1 before one port, whose link can be made faulty. */
export class FaultyProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ways = new Set<Way>();
  #state: LinkState = { kind: "forward" };

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  get state(): LinkState {
    return this.#state;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  set(state: LinkState): void {
    this.#state = state;
    if (state.kind === "cut") for (const socket of this.#sockets) socket.resetAndDestroy();
    else for (const way of this.#ways) this.#deliverDue(way);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.set({ kind: "cut" });
    await closed;
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#state.kind === "cut") return void client.resetAndDestroy();
    const upstream = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true });
    this.#keep(upstream);
    this.#pump(client, upstream);
    this.#pump(upstream, client);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.setNoDelay(true);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #pump(from: Socket, to: Socket): void {
    const way: Way = { waiting: [], timer: undefined };
    this.#ways.add(way);
    from.on("data", (chunk) => {
      this.#deliver(way, () => {
        if (to.destroyed || to.write(chunk)) return;
        from.pause();
        to.once("drain", () => from.resume());
      });
    });
    from.on("end", () => this.#deliver(way, () => void to.end()));
    from.once("close", () =>
      this.#deliver(way, () => {
        to.destroy();
        this.#ways.delete(way);
      }),
    );
  }

  #deliver(way: Way, work: () => void): void {
    const delayMs = this.#state.kind === "slow" ? this.#state.delayMs : 0;
    way.waiting.push({ work, dueMs: performance.now() + delayMs });
    this.#deliverDue(way);
  }

  /** Does what is due, unless there is silence; always in the order in which it came. */
  #deliverDue(way: Way): void {
    clearTimeout(way.timer);
    for (;;) {
      const [first] = way.waiting;
      if (first === undefined || this.#state.kind === "silent") return;
      const leftMs = first.dueMs - performance.now();
      if (leftMs > 0) {
        way.timer = setTimeout(() => this.#deliverDue(way), Math.ceil(leftMs));
        return;
      }
      way.waiting.shift();
      first.work();
    }
  }
}
