import { FieldWriter, type StatsOfFile } from "./fields.ts";
import { reply, type SftpStatus, status } from "./protocol.ts";

const lengthBytes = 4;

/** A packet of ours: its length, its kind, and which request it answers. */
export function answer(kind: number, id: number, fill: (fields: FieldWriter) => void): Buffer {
  const fields = new FieldWriter().u8(kind).u32(id);
  fill(fields);
  const body = fields.whole;
  const packet = Buffer.allocUnsafe(lengthBytes + body.length);
  packet.writeUInt32BE(body.length);
  body.copy(packet, lengthBytes);
  return packet;
}

export function statusAnswer(id: number, { code, message }: Pick<SftpStatus, "code" | "message">): Buffer {
  return answer(reply.status, id, (fields) => fields.u32(code).text(message).text("en"));
}

export function okAnswer(id: number): Buffer {
  return statusAnswer(id, { code: status.ok, message: "Success" });
}

export interface NamedFile {
  readonly name: string;
  readonly longName: string;
  readonly stats: StatsOfFile | null;
}

export function nameAnswer(id: number, names: readonly NamedFile[]): Buffer {
  return answer(reply.name, id, (fields) => {
    fields.u32(names.length);
    for (const { name, longName, stats } of names) fields.path(name).path(longName).attributes(stats);
  });
}

/** Kind, request and length stand before a file's bytes. */
const dataHeaderBytes = lengthBytes + 1 + 4 + 4;

/** Room for a file's bytes behind their header, so that they are read to where they are sent from. */
export function dataPacket(bytesMax: number): {
  readonly room: Buffer;
  readonly close: (id: number, read: number) => Buffer;
} {
  const packet = Buffer.allocUnsafe(dataHeaderBytes + bytesMax);
  return {
    room: packet.subarray(dataHeaderBytes),
    close: (id, read) => {
      packet.writeUInt32BE(dataHeaderBytes - lengthBytes + read, 0);
      packet.writeUInt8(reply.data, 4);
      packet.writeUInt32BE(id, 5);
      packet.writeUInt32BE(read, 9);
      return packet.subarray(0, dataHeaderBytes + read);
    },
  };
}
