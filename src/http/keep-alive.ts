import type { WebSocket } from "ws";

/**
 * Pings while the line is silent, and ends a connection that does not answer: between one and two of `pingMs` after the
 * last sign of life. One that is held back for its speed reads no answers, and is not taken for dead.
 * @returns how to stop.
 */
export function pingRegularly(socket: WebSocket, pingMs: number): () => void {
  let isAlive = true;
  const heard = (): void => {
    isAlive = true;
  };
  socket.on("pong", heard);
  socket.on("ping", heard);
  socket.on("message", heard);
  const timer = setInterval(() => {
    if (socket.isPaused || socket.readyState === socket.CONNECTING) return;
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
}
