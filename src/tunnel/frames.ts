/**
 * The frames of the tunnel, by which people reach what listens in their workspaces. Binary, the same on both legs
 * (client and server, server and agent), so that a server that passes one on writes the stream's number into it and
 * copies nothing:
 *
 *     u8 kind · u32 stream · payload
 *
 * On a client's leg there is one stream, and its number is 0. Positions count the bytes of one direction since the
 * stream began; the end counts as one more, so that it is acknowledged like a byte.
 */
export const tunnelFrameKinds = {
  /** To the agent: JSON, what is wanted and by whom. */
  open: 1,
  /** From the agent: JSON, what a client needs to take the stream up again. */
  accept: 2,
  data: 3,
  /** u64: the position up to which the reader has been given what came. */
  ack: 4,
  end: 5,
  /** JSON: code and message. Nothing comes after it. */
  reset: 6,
  /** u64: the position up to which this side has what the other sent. */
  resume: 7,
  /** From the server to the agent: the client's line is gone, and may come back. */
  detach: 8,
} as const;

type TunnelFrameKind = keyof typeof tunnelFrameKinds;

/** Why a stream was ended before its time; the code is of the registry, or one that both ends know. */
export interface TunnelReset {
  readonly code: string;
  readonly message: string;
}

export type TunnelFrame =
  | { readonly kind: "open" | "accept"; readonly json: unknown }
  | { readonly kind: "data"; readonly bytes: Buffer }
  | { readonly kind: "ack" | "resume"; readonly position: number }
  | { readonly kind: "end" | "detach" }
  | ({ readonly kind: "reset" } & TunnelReset);

export const tunnelHeaderBytes = 5;
/** Of one frame's payload. */
export const tunnelPayloadBytesMax = 65_536;
/** Of the JSON of a frame that has some. */
export const tunnelJsonBytesMax = 4_096;

const kindsByNumber = new Map(
  Object.entries(tunnelFrameKinds).map(([kind, number]) => [number as number, kind as TunnelFrameKind]),
);

/** What came is not of the protocol: the connection that brought it is worth nothing. */
export class TunnelFault extends Error {
  override readonly name = "TunnelFault";
}

export function encodeTunnelFrame(stream: number, frame: TunnelFrame): Buffer {
  const payload = payloadOf(frame);
  const message = Buffer.allocUnsafe(tunnelHeaderBytes + payload.length);
  message.writeUInt8(tunnelFrameKinds[frame.kind], 0);
  message.writeUInt32BE(stream, 1);
  payload.copy(message, tunnelHeaderBytes);
  return message;
}

const nothing = Buffer.alloc(0);

function payloadOf(frame: TunnelFrame): Buffer {
  switch (frame.kind) {
    case "open":
    case "accept":
      return Buffer.from(JSON.stringify(frame.json));
    case "data":
      return frame.bytes;
    case "ack":
    case "resume": {
      const position = Buffer.allocUnsafe(8);
      position.writeBigUInt64BE(BigInt(frame.position));
      return position;
    }
    case "reset":
      return Buffer.from(JSON.stringify({ code: frame.code, message: frame.message }));
    case "end":
    case "detach":
      return nothing;
  }
}

/** The stream that a frame belongs to, and its kind. @throws TunnelFault */
export function readTunnelHeader(message: Buffer): { readonly kind: TunnelFrameKind; readonly stream: number } {
  if (message.length < tunnelHeaderBytes) throw new TunnelFault("A frame of the tunnel has five bytes at least.");
  const kind = kindsByNumber.get(message.readUInt8(0));
  if (kind === undefined) throw new TunnelFault(`The tunnel has no frame of kind ${message.readUInt8(0)}.`);
  const most = kind === "data" ? tunnelPayloadBytesMax : tunnelJsonBytesMax;
  if (message.length - tunnelHeaderBytes > most) throw new TunnelFault(`A frame of kind ${kind} is too long.`);
  return { kind, stream: message.readUInt32BE(1) };
}

/** Writes another stream's number into a frame that is passed on. */
export function renumberTunnelFrame(message: Buffer, stream: number): Buffer {
  message.writeUInt32BE(stream, 1);
  return message;
}

/** A whole frame. Its bytes are a view of the message. @throws TunnelFault */
export function decodeTunnelFrame(message: Buffer): { readonly stream: number; readonly frame: TunnelFrame } {
  const { kind, stream } = readTunnelHeader(message);
  return { stream, frame: frameOf(kind, message.subarray(tunnelHeaderBytes)) };
}

function frameOf(kind: TunnelFrameKind, payload: Buffer): TunnelFrame {
  switch (kind) {
    case "open":
    case "accept":
      return { kind, json: jsonOf(payload) };
    case "data":
      if (payload.length === 0) throw new TunnelFault("A frame of data has some.");
      return { kind, bytes: payload };
    case "ack":
    case "resume":
      return { kind, position: positionOf(payload) };
    case "reset":
      return { kind, ...resetOf(jsonOf(payload)) };
    case "end":
    case "detach":
      return { kind };
  }
}

function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    throw new TunnelFault("A frame of the tunnel is not the JSON that it should be.");
  }
}

function positionOf(payload: Buffer): number {
  if (payload.length !== 8) throw new TunnelFault("A position has eight bytes.");
  const position = Number(payload.readBigUInt64BE());
  if (!Number.isSafeInteger(position)) throw new TunnelFault("A position is beyond what any stream comes to.");
  return position;
}

function resetOf(json: unknown): TunnelReset {
  const { code, message } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  return {
    code: typeof code === "string" ? code : "unknown",
    message: typeof message === "string" ? message : "The stream was ended.",
  };
}
