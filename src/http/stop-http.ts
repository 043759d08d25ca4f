import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { CodedError } from "../contracts/errors.ts";

const idleCheckMs = 50;
/** Time for the first byte of a connection that was just made when the server stops. */
const firstByteMs = 250;

/** What whoever waits is told when the server stops: retried, it is answered by another server, or by this one later. */
export function serverStopping(): CodedError {
  return new CodedError("server_stopping", "The server is stopping.", { retryAfterSeconds: 1 });
}

/**
 * Requests that come over a connection from before, while the server stops, are refused with a code. A connection on
 * which nobody has asked anything yet (clients open some ahead) is closed: Node takes it for one with a request under way.
 */
export function refuseWhileStopping(app: FastifyInstance, stopping: AbortSignal): void {
  const open = new Set<Socket>();
  app.server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  const closeSilent = (): void => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
  stopping.addEventListener("abort", () => setTimeout(closeSilent, firstByteMs).unref(), { once: true });
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
