import type { FastifyInstance } from "fastify";
import { sleep } from "../platform/sleep.ts";

/**
 * A server that has been told to stop and still serves: `/readyz` says so at once, each answer asks for its connection
 * to be closed, and only after the delay is anything refused. Whoever sends requests here by `/readyz`, a load balancer,
 * has sent its last one by then.
 */
export interface Leaving {
  readonly isLeaving: boolean;
  /** Begins to leave. */
  leave(): void;
  /** Resolves when the delay is over; at once for a server that was never told to leave. */
  over(): Promise<void>;
}

export function createLeaving(delayMs: number): Leaving {
  let delay: Promise<void> | null = null;
  return {
    get isLeaving() {
      return delay !== null;
    },
    leave: () => {
      delay ??= sleep(delayMs);
    },
    over: async () => {
      await delay;
    },
  };
}

/** A kept connection would bring further requests past the balancer's decision, up to the moment at which it is cut. */
export function closeConnectionsWhileLeaving(app: FastifyInstance, leaving: Leaving): void {
  app.addHook("onSend", async (_, reply) => {
    if (leaving.isLeaving) void reply.header("connection", "close");
  });
}
