import { connect, createServer, type Socket } from "node:net";
import type { Role } from "./role.ts";

export type LineMessage =
  /** A line to a port of this machine on which everything takes so long each way. @returns its port. */
  | { readonly kind: "line"; readonly port: number; readonly oneWayMs: number }
  /** All its connections are cut, and new ones refused, for so long. @returns when it was back, by the wall clock in ms. */
  | { readonly kind: "cut"; readonly ms: number };

/** The way between a person and a server, in a process of its own. */
export function createLineRole(): Role {
  let isCut = false;
  let aim = { port: 0, oneWayMs: 0 };
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    if (isCut) return void near.destroy();
    const far = connect({ port: aim.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from
        .on("error", () => undefined)
        .once("close", () => {
          open.delete(from);
          to.destroy();
        });
      delayed(from, to, aim.oneWayMs);
    }
  });
  return {
    answer: async (message) => {
      // Sent by the benchmark of the same program.
      const asked = message as LineMessage;
      if (asked.kind === "line") {
        aim = asked;
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return (server.address() as { port: number }).port;
      }
      isCut = true;
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, asked.ms));
      isCut = false;
      return Date.now();
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** As long as a real line is, it holds what is under way, however much that is. */
function delayed(from: Socket, to: Socket, ms: number): void {
  if (ms === 0) return void from.pipe(to);
  const underWay: { readonly dueMs: number; readonly piece: Buffer | null }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const deliver = (): void => {
    timer = undefined;
    const nowMs = performance.now();
    for (let first = underWay[0]; first !== undefined && first.dueMs <= nowMs; first = underWay[0]) {
      underWay.shift();
      if (first.piece === null) to.end();
      else to.write(first.piece);
    }
    const next = underWay[0];
    if (next !== undefined) timer = setTimeout(deliver, Math.max(1, next.dueMs - nowMs));
  };
  const add = (piece: Buffer | null): void => {
    underWay.push({ dueMs: performance.now() + ms, piece });
    timer ??= setTimeout(deliver, ms);
  };
  from.on("data", add).once("end", () => add(null));
  from.once("close", () => clearTimeout(timer));
}
