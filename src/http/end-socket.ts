import type { WebSocket } from "ws";

/** For the other end to say goodbye. What was written to it and not taken is held in memory for so long. */
const goodbyeMs = 1_000;

/**
 * Closes a socket whose other end may not listen: `close` alone would wait half a minute for its goodbye, with all that is
 * queued, and one that was replaced again and again would leave a queue each time.
 */
export function endSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), goodbyeMs).unref();
}
