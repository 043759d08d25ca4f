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
/** Bytes that may wait for a slow reader. Nothing more is looked up for him until he has taken them. */
const backlogBytesMax = 65_536;
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

/** Resolves when the reader has room for more, or is gone. Whoever sends many things in one look waits for it. */
export type Send = (event: string, data: unknown) => Promise<void>;

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
  deps.outgoing.note(request.raw.socket, { kind: "person", id: caller.userId }, "open");
  reply.hijack();
  reply.raw.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const signal = createSignal();
  const stops = options.topics.map((topic) => deps.news.subscribe(topic, () => signal.notify()));
  const heartbeat = setInterval(() => {
    // Who has not taken what there was needs no sign of life, and hundreds of them would be a queue of their own.
    if (reply.raw.writableLength === 0) reply.raw.write(": still here\n\n");
  }, sseHeartbeatMs);
  const send = sender(reply, gone);
  try {
    while (!gone.aborted && (await look(send)) === "open") {
      const wake = await signal.wait({ timeoutMs: recheckMs, abort: gone });
      if (wake === "notified") await new Promise((resolve) => setTimeout(resolve, settleMs));
    }
    if (isRevoked(gone)) throw gone.reason;
  } catch (error) {
    const code = error instanceof CodedError ? error.code : "internal";
    void send("error", { error: { code, message: error instanceof Error ? error.message : String(error) } });
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

function sender(reply: FastifyReply, gone: AbortSignal): Send {
  const last = new Map<string, string>();
  return async (event, data) => {
    const text = JSON.stringify(data);
    if (last.get(event) === text) return;
    last.set(event, text);
    reply.raw.write(`event: ${event}\ndata: ${text}\n\n`);
    if (reply.raw.writableLength > backlogBytesMax) await drained(reply, gone);
  };
}

/** Resolves when the reader has taken everything, or is gone. */
async function drained({ raw }: FastifyReply, gone: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      raw.off("drain", finish);
      gone.removeEventListener("abort", finish);
      resolve();
    };
    raw.on("drain", finish);
    gone.addEventListener("abort", finish);
    if (gone.aborted) finish();
  });
}
