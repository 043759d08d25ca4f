import { connect, createServer, type Server, type Socket } from "node:net";

export type LinkState =
  | { readonly kind: "forward" }
  /** Nothing comes through and nothing is closed, as when packets are dropped; it comes late when the silence ends. */
  | { readonly kind: "silent" }
  /** Connections are reset, and new ones as well. */
  | { readonly kind: "cut" }
  | { readonly kind: "slow"; readonly delayMs: number };

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** A TCP proxy on 127.0.0.1 before one port, whose link can be made faulty. */
export class FaultyProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #late = new Set<Socket>();
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
    if (state.kind === "cut") {
      for (const { client, upstream } of this.#links) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
      for (const client of this.#late) client.resetAndDestroy();
      return;
    }
    for (const link of this.#links) {
      const { client, upstream } = link;
      for (const socket of [client, upstream]) {
        if (state.kind === "silent") socket.pause();
        else socket.resume();
      }
      // What closed in the silence is told now.
      if (state.kind !== "silent" && (client.destroyed || upstream.destroyed)) {
        client.destroy();
        upstream.destroy();
        this.#links.delete(link);
      }
    }
    if (state.kind === "silent") return;
    for (const client of this.#late) {
      this.#late.delete(client);
      if (!client.destroyed) this.#forward(client);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.set({ kind: "cut" });
    await closed;
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#state.kind === "cut") return void client.resetAndDestroy();
    if (this.#state.kind !== "silent") return this.#forward(client);
    client.pause();
    this.#late.add(client);
    client.once("close", () => this.#late.delete(client));
  }

  #forward(client: Socket): void {
    const upstream = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true });
    const link = { client, upstream };
    this.#links.add(link);
    upstream.on("error", () => {});
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    this.#pump(client, upstream);
    this.#pump(upstream, client);
    const onClose = (): void => {
      if (this.#state.kind === "silent" && !(client.destroyed && upstream.destroyed)) return;
      client.destroy();
      upstream.destroy();
      this.#links.delete(link);
    };
    client.once("close", onClose);
    upstream.once("close", onClose);
  }

  #pump(from: Socket, to: Socket): void {
    const later = (work: () => void): void => {
      if (this.#state.kind === "slow") setTimeout(work, this.#state.delayMs);
      else work();
    };
    from.on("data", (chunk) => {
      later(() => {
        if (to.destroyed || to.write(chunk)) return;
        from.pause();
        to.once("drain", () => {
          if (this.#state.kind !== "silent") from.resume();
        });
      });
    });
    from.on("end", () => later(() => void to.end()));
  }
}
