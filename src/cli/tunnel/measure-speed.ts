import { speedBytesMax } from "../../contracts/tunnel.ts";
import type { TunnelDuplex } from "../../tunnel/tunnel-duplex.ts";
import { codedReset } from "../../tunnel/coded-reset.ts";

const pieceBytes = 65_536;

export interface SpeedRun {
  readonly stream: TunnelDuplex;
  readonly direction: "up" | "down";
  readonly ms: number;
  readonly nowMs: () => number;
}

/** Bytes that went to the other end, or came from it, and how long they took until the last was there. */
export async function measureSpeed(run: SpeedRun): Promise<{ readonly bytes: number; readonly ms: number }> {
  const { stream, direction, nowMs } = run;
  const startedMs = nowMs();
  try {
    const bytes = direction === "up" ? await sendUp(run, startedMs) : await takeDown(stream);
    return { bytes, ms: Math.max(nowMs() - startedMs, 1) };
  } catch (error) {
    stream.destroy();
    throw codedReset(error);
  }
}

async function takeDown(stream: TunnelDuplex): Promise<number> {
  let bytes = 0;
  stream.end();
  for await (const piece of stream as AsyncIterable<Buffer>) bytes += piece.length;
  return bytes;
}

/** @returns what the other end has counted: what is still on the way is no part of it. */
async function sendUp({ stream, ms, nowMs }: SpeedRun, startedMs: number): Promise<number> {
  const zeros = Buffer.alloc(pieceBytes);
  let bytes = 0;
  const send = (): void => {
    while (!stream.destroyed) {
      if (nowMs() - startedMs >= ms || bytes + pieceBytes > speedBytesMax) return void stream.end();
      bytes += pieceBytes;
      if (!stream.write(zeros)) return void stream.once("drain", send);
    }
  };
  send();
  let answer = "";
  for await (const piece of stream as AsyncIterable<Buffer>) answer += String(piece);
  const counted = (JSON.parse(answer) as { readonly bytes: unknown }).bytes;
  if (counted !== bytes) throw new Error("The workspace has not got what was sent to it.");
  return bytes;
}
