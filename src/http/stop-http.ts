import type { FastifyInstance } from "fastify";
import { CodedError } from "../contracts/errors.ts";

const idleCheckMs = 50;

/** What whoever waits is told when the server stops: retried, it is answered by another server, or by this one later. */
export function serverStopping(): CodedError {
  return new CodedError("server_stopping", "The server is stopping.", { retryAfterSeconds: 1 });
}

/** Requests that come over a connection from before, while the server stops, are refused with a code. */
export function refuseWhileStopping(app: FastifyInstance, stopping: AbortSignal): void {
  app.addHook("onRequest", async (_, reply) => {
    if (!stopping.aborted) return;
    void reply.header("connection", "close");
    throw serverStopping();
  });
}

/**
 * Takes no more connections, lets the requests under way be answered, and cuts what is left after `drainMs`: a reader
 * that does not read, or a socket whose other end does not say goodbye.
 */
export async function stopHttp(app: FastifyInstance, drainMs: number): Promise<void> {
  // Those that come to rest after the first look, an answered wait's for example, are closed by a later one.
  const idle = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  const limit = setTimeout(() => {
    app.server.closeAllConnections();
    for (const socket of app.websocketServer.clients) socket.terminate();
  }, drainMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(limit);
  }
}
