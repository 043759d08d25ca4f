import { speedBytesMax, type TunnelService } from "../../contracts/tunnel.ts";
import type { TunnelSession } from "./tunnel-session.ts";

const pieceBytes = 65_536;
/** Beyond the time that a measurement takes: for what is on the way. */
const graceMs = 30_000;

/** Sends zeros, or takes what comes, for somebody who measures; both end by themselves. */
export function measureSpeed(
  session: TunnelSession,
  { direction, ms }: Extract<TunnelService, { kind: "speed" }>,
): void {
  const { duplex } = session;
  const limit = setTimeout(() => session.end("request_timeout", "The measurement takes too long."), ms + graceMs);
  duplex.once("close", () => clearTimeout(limit));
  let bytes = 0;
  if (direction === "up") {
    duplex.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > speedBytesMax) session.end("conflict", "The measurement sends too much.");
    });
    duplex.once("end", () => duplex.end(JSON.stringify({ bytes })));
    return;
  }
  const zeros = Buffer.alloc(pieceBytes);
  const untilMs = performance.now() + ms;
  duplex.resume();
  const send = (): void => {
    while (!duplex.destroyed) {
      if (performance.now() >= untilMs || bytes >= speedBytesMax) return void duplex.end();
      bytes += pieceBytes;
      if (!duplex.write(zeros)) return void duplex.once("drain", send);
    }
  };
  send();
}
