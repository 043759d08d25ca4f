import { createServer, type Socket } from "node:net";
import { mapBounded, valuesOf } from "../../src/platform/bounded.ts";
import { openTunnel } from "../../src/tunnel/tunnel-client.ts";
import type { TunnelDuplex } from "../../src/tunnel/tunnel-duplex.ts";
import type { Role } from "./role.ts";

const pieceBytes = 65_536;
/** Of many. */
const opensAtOnce = 16;
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
  /** Two streams into each workspace, and over each of them so many bytes at each beat, until `rest`. @returns how many. */
  | {
      readonly kind: "many";
      readonly urls: readonly string[];
      readonly token: string;
      readonly port: number;
      readonly beatBytes: number;
      readonly beatMs: number;
    }
  /** What `many` has sent so far, in bytes. */
  | { readonly kind: "sent" }
  | { readonly kind: "rest" };

/** What is no part of the person who is measured: the program in the workspace, and another person's bulk. */
export function createStreamsRole(): Role {
  const server = createServer({ noDelay: true }, serveBytes);
  let open: TunnelDuplex[] = [];
  let sent = 0;
  const rest = (): void => {
    for (const stream of open) stream.destroy();
    open = [];
  };
  const opened = async (url: string, { token, port }: { readonly token: string; readonly port: number }) => {
    const service = { kind: "tcp", host: "localhost", port } as const;
    const stream = await openTunnel({ url, token, agent: null, service });
    stream.on("error", () => undefined).resume();
    open.push(stream);
    return stream;
  };
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as StreamsMessage;
      if (asked.kind === "listen") {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return (server.address() as { port: number }).port;
      }
      if (asked.kind === "bulk") {
        const stream = await opened(asked.url, asked);
        stream.write(asked.rate === null ? String(endlessBytes) : `${endlessBytes}@${asked.rate}`);
        return null;
      }
      if (asked.kind === "many") {
        const { urls, beatBytes, beatMs } = asked;
        const outcomes = await mapBounded(urls.concat(urls), opensAtOnce, async (url) => {
          const stream = await opened(url, asked);
          stream.write("S");
          const beat = Buffer.alloc(beatBytes);
          const timer = setInterval(() => {
            if (stream.writableNeedDrain) return;
            stream.write(beat);
            sent += beatBytes;
          }, beatMs);
          stream.once("close", () => clearInterval(timer));
        });
        return valuesOf(outcomes).length;
      }
      if (asked.kind === "sent") return sent;
      rest();
      return null;
    },
    close: async () => {
      rest();
      server.close();
    },
  };
}

/** `E` asks for an echo, `S` for a sink, `C@` for numbers in their order at so many bytes a millisecond, and a number for so many bytes, perhaps with `@` and how many a millisecond. */
function serveBytes(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.once("data", (first) => {
    const kind = String(first.subarray(0, 1));
    if (kind === "E") {
      socket.write(first);
      return void socket.pipe(socket);
    }
    if (kind === "S") return void socket.on("data", () => undefined).once("end", () => socket.end("done"));
    if (kind === "C") return trickle(socket, Number(String(first).slice(2)), counted());
    const [bytes, rate] = String(first).split("@").map(Number);
    if (rate === undefined) pour(socket, bytes ?? 0);
    else trickle(socket, rate, (length) => Buffer.alloc(length));
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

function trickle(socket: Socket, rate: number, make: (length: number) => Buffer): void {
  const begunMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min((performance.now() - begunMs) * rate - sent, 4 * pieceBytes);
    if (due <= 0 || socket.writableNeedDrain) return;
    const piece = make(due);
    sent += piece.length;
    socket.write(piece);
  }, 1);
  socket.once("close", () => clearInterval(timer));
}

/** Numbers of four bytes that count on from 0, as many as go into a length. */
function counted(): (length: number) => Buffer {
  const numberBytes = 4;
  let next = 0;
  return (length) => {
    const piece = Buffer.alloc(Math.ceil(length / numberBytes) * numberBytes);
    for (let at = 0; at < piece.length; at += numberBytes) {
      piece.writeUInt32LE(next, at);
      next = (next + 1) >>> 0;
    }
    return piece;
  };
}
