import type { FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../app/authorize.ts";
import { CodedError } from "../contracts/errors.ts";
import { sseHeartbeatMs } from "../contracts/limits.ts";
import type { Topic } from "../contracts/news.ts";
import { createSignal } from "../platform/signal.ts";
import type { HttpDeps } from "./http-deps.ts";

/** A stream looks again at least this often, in case it was not told. */
const recheckMs = 5_000;
/** News within this time make one look. */
const settleMs = 10;
/** Bytes that may wait for a slow reader before its stream is closed. */
const backlogBytesMax = 4 * 1_048_576;

/** For the last words of a stream whose credential was ended. */
const revokedLingerMs = 1_000;

export interface StreamOptions {
  readonly call: {
    readonly caller: Actor;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly gone: AbortSignal;
  };
  readonly topics: readonly Topic[];
}

export type Send = (event: string, data: unknown) => void;

/**
 * Serves server-sent events: `look` at once, after each news, and now and then, until it says that it has ended or
 * the reader is gone. `look` sends what there is to say; what it sent last is not sent again.
 * Errors: `too_many_open`, `server_full`; those of `look` end the stream with an event named `error`.
 */
export async function openEventStream(
  deps: HttpDeps,
  options: StreamOptions,
  look: (send: Send) => Promise<"open" | "ended">,
): Promise<void> {
  const { caller, request, reply, gone } = options.call;
  const leave = deps.places.take("stream", caller, request);
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const signal = createSignal();
  const stops = options.topics.map((topic) => deps.news.subscribe(topic, () => signal.notify()));
  const heartbeat = setInterval(() => reply.raw.write(": still here\n\n"), sseHeartbeatMs);
  const send = sender(reply);
  try {
    while (!gone.aborted && (await look(send)) === "open") {
      const wake = await signal.wait({ timeoutMs: recheckMs, abort: gone });
      if (wake === "notified") await new Promise((resolve) => setTimeout(resolve, settleMs));
      if (reply.raw.writableLength > backlogBytesMax) break;
    }
    if (isRevoked(gone)) throw gone.reason;
  } catch (error) {
    const code = error instanceof CodedError ? error.code : "internal";
    send("error", { error: { code, message: error instanceof Error ? error.message : String(error) } });
  } finally {
    leave();
    clearInterval(heartbeat);
    for (const stop of stops) stop();
    reply.raw.end();
    // Who reads slowly would be sent what had gathered for him, long after his session ended.
    if (isRevoked(gone)) setTimeout(() => reply.raw.destroy(), revokedLingerMs).unref();
  }
}

function isRevoked({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof CodedError && reason.code === "unauthenticated";
}

function sender(reply: FastifyReply): Send {
  const last = new Map<string, string>();
  return (event, data) => {
    const text = JSON.stringify(data);
    if (last.get(event) === text) return;
    last.set(event, text);
    reply.raw.write(`event: ${event}\ndata: ${text}\n\n`);
  };
}
