import { tunnelPayloadBytesMax } from "./frames.ts";

/**
 * What a viewer and a terminal tell each other: `u8 kind · payload`, one a message of a WebSocket. In a stream, which
 * knows no messages, each has its length before it (u32, of kind and payload).
 */
export const terminalRecordKinds = {
  bytes: 0,
  /** To the terminal: u16 columns, u16 rows. */
  resize: 1,
  /** To the terminal: u64, the position up to which the viewer has shown what came. */
  ack: 2,
  control: 3,
} as const;

export type TerminalRecord =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "resize"; readonly cols: number; readonly rows: number }
  | { readonly kind: "ack"; readonly position: number }
  | { readonly kind: "control"; readonly json: unknown };

/** Of kind and payload. */
export const terminalRecordBytesMax = tunnelPayloadBytesMax;
const lengthBytes = 4;

/** What came is no record: whoever sent it does not speak this. */
export class TerminalFault extends Error {
  override readonly name = "TerminalFault";
}

/** As a message of a WebSocket. */
export function encodeTerminalRecord(record: TerminalRecord): Buffer {
  return inStream(record).subarray(lengthBytes);
}

/** Whether a piece of a stream begins with what a person has typed: acknowledgements and sizes come by themselves. */
export function isTypedRecord(piece: Buffer): boolean {
  return piece.length > lengthBytes && piece.readUInt8(lengthBytes) === terminalRecordKinds.bytes;
}

/** As a piece of a stream. */
export function inStream(record: TerminalRecord): Buffer {
  const payload = payloadOf(record);
  return inStreamRaw(terminalRecordKinds[record.kind], payload);
}

/** A message of a WebSocket as a piece of a stream. */
export function messageInStream(message: Buffer): Buffer {
  return inStreamRaw(message.readUInt8(0), message.subarray(1));
}

function inStreamRaw(kind: number, payload: Buffer): Buffer {
  const piece = Buffer.allocUnsafe(lengthBytes + 1 + payload.length);
  piece.writeUInt32BE(1 + payload.length, 0);
  piece.writeUInt8(kind, lengthBytes);
  payload.copy(piece, lengthBytes + 1);
  return piece;
}

function payloadOf(record: TerminalRecord): Buffer {
  switch (record.kind) {
    case "bytes":
      return record.bytes;
    case "resize": {
      const payload = Buffer.allocUnsafe(4);
      payload.writeUInt16BE(record.cols, 0);
      payload.writeUInt16BE(record.rows, 2);
      return payload;
    }
    case "ack": {
      const payload = Buffer.allocUnsafe(8);
      payload.writeBigUInt64BE(BigInt(record.position));
      return payload;
    }
    case "control":
      return Buffer.from(JSON.stringify(record.json));
  }
}

/** A message of a WebSocket. Its bytes are a view of it. @throws TerminalFault */
export function decodeTerminalRecord(message: Buffer): TerminalRecord {
  if (message.length === 0) throw new TerminalFault("A record of a terminal has a byte at least.");
  if (message.length > terminalRecordBytesMax) throw new TerminalFault("A record of a terminal is too long.");
  const payload = message.subarray(1);
  switch (message.readUInt8(0)) {
    case terminalRecordKinds.bytes:
      return { kind: "bytes", bytes: payload };
    case terminalRecordKinds.resize:
      if (payload.length !== 4) throw new TerminalFault("A size has four bytes.");
      return { kind: "resize", cols: payload.readUInt16BE(0), rows: payload.readUInt16BE(2) };
    case terminalRecordKinds.ack:
      return { kind: "ack", position: positionOf(payload) };
    case terminalRecordKinds.control:
      return { kind: "control", json: jsonOf(payload) };
    default:
      throw new TerminalFault(`A terminal has no record of kind ${message.readUInt8(0)}.`);
  }
}

function positionOf(payload: Buffer): number {
  if (payload.length !== 8) throw new TerminalFault("A position has eight bytes.");
  const position = Number(payload.readBigUInt64BE());
  if (!Number.isSafeInteger(position)) throw new TerminalFault("A position is beyond what any terminal comes to.");
  return position;
}

function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    throw new TerminalFault("A control record is not the JSON that it should be.");
  }
}

/** Takes a stream's pieces, however they are cut, and gives the messages in them. */
export class TerminalMessages {
  #held: Buffer = Buffer.alloc(0);

  /** @throws TerminalFault */
  take(piece: Buffer): readonly Buffer[] {
    const all = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const messages: Buffer[] = [];
    let at = 0;
    while (all.length - at >= lengthBytes) {
      const length = all.readUInt32BE(at);
      if (length === 0 || length > terminalRecordBytesMax) throw new TerminalFault("A record's length is none.");
      if (all.length - at - lengthBytes < length) break;
      messages.push(all.subarray(at + lengthBytes, at + lengthBytes + length));
      at += lengthBytes + length;
    }
    this.#held = all.subarray(at);
    return messages;
  }
}
