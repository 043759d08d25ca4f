import { createServer, type Socket } from "node:net";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import type { Role } from "./role.ts";

const pieceBytes = 65_536;
const endlessBytes = Number.MAX_SAFE_INTEGER;

export type StreamsMessage =
  /** Listens as a program in the workspace does. @returns the port. */
  | { readonly kind: "listen" }
  /** Somebody else reads, until `rest`. */
  | {
      readonly kind: "bulk";
      readonly url: string;
      readonly token: string;
      readonly port: number;
      /** Bytes a millisecond; null: as many as go. */
      readonly rate: number | null;
    }
  | { readonly kind: "rest" };

/** What is no part of the person who is measured: the program in the workspace, and another person's bulk. */
export function createStreamsRole(): Role {
  const server = createServer({ noDelay: true }, serveBytes);
  let bulk: TunnelDuplex | null = null;
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as StreamsMessage;
      if (asked.kind === "listen") {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return (server.address() as { port: number }).port;
      }
      if (asked.kind === "bulk") {
        const { url, token, port, rate } = asked;
        bulk = await openTunnel({ url, token, agent: null, service: { kind: "tcp", host: "localhost", port } });
        bulk.on("error", () => undefined).resume();
        bulk.write(rate === null ? String(endlessBytes) : `${endlessBytes}@${rate}`);
        return null;
      }
      bulk?.destroy();
      bulk = null;
      return null;
    },
    close: async () => {
      bulk?.destroy();
      server.close();
    },
  };
}

/** `E` asks for an echo, `S` for a sink, and a number for so many bytes, perhaps with `@` and how many a millisecond. */
function serveBytes(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.once("data", (first) => {
    const kind = String(first.subarray(0, 1));
    if (kind === "E") {
      socket.write(first);
      return void socket.pipe(socket);
    }
    if (kind === "S") return void socket.on("data", () => undefined).once("end", () => socket.end("done"));
    const [bytes, rate] = String(first).split("@").map(Number);
    if (rate === undefined) pour(socket, bytes ?? 0);
    else trickle(socket, rate);
  });
}

function pour(socket: Socket, bytes: number): void {
  const piece = Buffer.alloc(pieceBytes);
  let left = bytes;
  const go = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length;
      if (!socket.write(piece)) return void socket.once("drain", go);
    }
    socket.end();
  };
  go();
}

function trickle(socket: Socket, rate: number): void {
  const begunMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min((performance.now() - begunMs) * rate - sent, 4 * pieceBytes);
    if (due <= 0 || socket.writableNeedDrain) return;
    sent += due;
    socket.write(Buffer.alloc(due));
  }, 1);
  socket.once("close", () => clearInterval(timer));
}
