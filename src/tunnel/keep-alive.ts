import { WebSocket } from "ws";

/** Pings after `pingMs` of silence and gives the connection up after twice as much. @returns how to stop. */
export function keepAlive(socket: WebSocket, pingMs: number): () => void {
  let heardAtMs = performance.now();
  const heard = (): void => {
    heardAtMs = performance.now();
  };
  for (const event of ["open", "message", "ping", "pong"] as const) socket.on(event, heard);
  const timer = setInterval(() => {
    const silentMs = performance.now() - heardAtMs;
    if (silentMs > 2 * pingMs) socket.terminate();
    else if (silentMs >= pingMs * 0.9 && socket.readyState === WebSocket.OPEN) socket.ping();
  }, pingMs / 2);
  return () => clearInterval(timer);
}
