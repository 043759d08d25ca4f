import type { FastifyReply, FastifyRequest } from "fastify";
import { CodedError } from "../contracts/errors.ts";
import { subscriberOf } from "../platform/network/address-ranges.ts";
import type { HttpLimits } from "./http-limits.ts";
import { onceClosed } from "./once-closed.ts";
import type { Reader } from "./outgoing-bytes.ts";

/** Share of the whole that is kept for those who have no body under way. */
const keptShare = 0.25;
const retryAfterSeconds = 1;

/**
 * The bodies that are on their way to this server, or with it until they are answered, by who sends them. A body is held
 * in memory whole, and each has its own limit; this is the bound of all of them together. What is announced counts, so
 * that nothing is read before there is room for it.
 */
export class IncomingBytes {
  readonly #limits: HttpLimits;
  readonly #held = new Map<string, number>();
  #bytes = 0;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Counts the body of a request until it is answered; `bytesMax` is what the route takes, and what counts for a body
   * that does not say how long it is.
   * Errors: `too_many_open`, `server_full`.
   */
  take(
    request: FastifyRequest,
    reply: FastifyReply,
    from: { readonly sender: Reader; readonly bytesMax: number },
  ): void {
    const bytes = Math.min(announced(request), from.bytesMax);
    // A daemon has a key that an administrator made, and what it sends must not be lost.
    if (bytes === 0 || from.sender.kind === "daemon") return;
    const { kind, id } = from.sender;
    const key = id === "" ? `${kind} ${subscriberOf(request.ip)}` : `${kind} ${id}`;
    const held = this.#held.get(key) ?? 0;
    const { personBodyBytesMax, serverBodyBytesMax } = this.#limits;
    // The first of a sender's is always within his own bound: a route's limit may be set higher than that.
    if (held > 0 && held + bytes > personBodyBytesMax) {
      const mebibytes = Math.floor(personBodyBytesMax / 1_048_576);
      const message = `You are sending as much at once as one may: ${mebibytes} MiB in requests that are not answered yet.`;
      throw new CodedError("too_many_open", message, { next: "Wait for their answers.", retryAfterSeconds });
    }
    const free = serverBodyBytesMax * (held === 0 ? 1 : 1 - keptShare) - this.#bytes;
    if (this.#bytes > 0 && bytes > free) {
      const message = "This server is being sent as much at once as it may hold.";
      throw new CodedError("server_full", message, { retryAfterSeconds });
    }
    this.#add(key, bytes);
    onceClosed(reply.raw, () => this.#add(key, -bytes));
  }

  #add(key: string, bytes: number): void {
    this.#bytes += bytes;
    const held = (this.#held.get(key) ?? 0) + bytes;
    if (held === 0) this.#held.delete(key);
    else this.#held.set(key, held);
  }
}

function announced({ headers }: FastifyRequest): number {
  if (headers["transfer-encoding"] !== undefined) return Number.POSITIVE_INFINITY;
  const length = Number(headers["content-length"] ?? 0);
  return Number.isFinite(length) && length > 0 ? length : 0;
}
