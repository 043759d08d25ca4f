import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { CodedError } from "../contracts/errors.ts";
import type { Logger } from "../platform/logger.ts";
import { type AddressRanges, subscriberOf } from "../platform/network/address-ranges.ts";

/** Connections beyond an address' limit that are told so; the others are closed without a word. */
const toldMax = 32;
/** For such a connection to ask something, so that it can be told. */
const tellWithinMs = 1_000;
/** What is refused, or believed wrongly, is logged once in so long. */
const saidEveryMs = 60_000;

interface Options {
  readonly perAddressMax: number;
  readonly trustedProxies: AddressRanges;
  readonly logger: Logger;
}

/**
 * Bounds the connections of one address, so that one machine cannot take all that a server has. It is looked at when the
 * connection comes, before anything is read: an address here is that of the other end of the line, not what a header
 * says. Proxies that are trusted bring everybody, and are not counted.
 */
export class AddressConnections {
  readonly #options: Options;
  readonly #held = new Map<string, number>();
  readonly #refused = new WeakSet<Socket>();
  readonly #leave = new WeakMap<Socket, () => void>();
  readonly #saidMs = new Map<string, number>();
  #told = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  watch(app: FastifyInstance): void {
    app.server.on("connection", (socket) => this.#onConnection(socket));
    app.addHook("onRequest", async (request, reply) => {
      this.#sayUntrusted(request);
      if (!this.#refused.has(request.raw.socket)) return;
      void reply.header("connection", "close");
      const { perAddressMax } = this.#options;
      const message = `Your address has ${perAddressMax} connections to this server, as many as one may (\`http.connections_per_address\`).`;
      throw new CodedError("too_many_open", message, { retryAfterSeconds: 5 });
    });
  }

  /** An agent's: hundreds of workspaces may be behind one address, and each is known by its token. */
  discount(socket: Socket): void {
    this.#leave.get(socket)?.();
  }

  #onConnection(socket: Socket): void {
    const address = socket.remoteAddress;
    if (address === undefined || this.#options.trustedProxies.has(address)) return;
    const key = subscriberOf(address);
    const held = this.#held.get(key) ?? 0;
    if (held >= this.#options.perAddressMax) return this.#refuse(socket, key);
    this.#held.set(key, held + 1);
    const leave = (): void => {
      if (!this.#leave.delete(socket)) return;
      const left = (this.#held.get(key) ?? 1) - 1;
      if (left === 0) this.#held.delete(key);
      else this.#held.set(key, left);
    };
    this.#leave.set(socket, leave);
    socket.once("close", leave);
  }

  #refuse(socket: Socket, address: string): void {
    this.#say("a connection was refused: its address has as many as it may", {
      address,
      limit: this.#options.perAddressMax,
    });
    if (this.#told >= toldMax) return void socket.destroy();
    this.#told += 1;
    this.#refused.add(socket);
    const late = setTimeout(() => socket.destroy(), tellWithinMs);
    socket.once("close", () => {
      clearTimeout(late);
      this.#told -= 1;
    });
  }

  /** Behind a proxy that is not named everybody has one address, which its operator would find out by being refused. */
  #sayUntrusted(request: FastifyRequest): void {
    if (request.headers["x-forwarded-for"] === undefined) return;
    const address = request.raw.socket.remoteAddress ?? "";
    if (this.#options.trustedProxies.has(address)) return;
    this.#say(
      "a request says for whom it was forwarded, and is not believed: `http.trusted_proxies` does not name it",
      {
        address: subscriberOf(address),
      },
    );
  }

  #say(message: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = performance.now();
    if (nowMs - (this.#saidMs.get(message) ?? Number.NEGATIVE_INFINITY) < saidEveryMs) return;
    this.#saidMs.set(message, nowMs);
    this.#options.logger.warn(message, fields);
  }
}
