import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dataPacket, answer, okAnswer } from "./answers.ts";
import type { FieldReader } from "./fields.ts";
import { dataBytesMax, openFlag, reply, SftpStatus, status } from "./protocol.ts";
import { setOnFile } from "./set-attributes.ts";
import type { Handler } from "./sftp-world.ts";

const fileModeUnlessSaid = 0o666;

function systemFlags(flags: number): number {
  const isReading = (flags & openFlag.read) !== 0;
  const isWriting = (flags & (openFlag.write | openFlag.append)) !== 0;
  const access = isWriting ? (isReading ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
  const rest = [
    [openFlag.append, constants.O_APPEND],
    [openFlag.create, constants.O_CREAT],
    [openFlag.truncate, constants.O_TRUNC],
    [openFlag.exclusive, constants.O_EXCL],
  ] as const;
  // A pipe without a reader must not hold up all that comes after it.
  return rest.reduce(
    (all, [asked, system]) => ((flags & asked) === 0 ? all : all | system),
    access | constants.O_NONBLOCK,
  );
}

export const openFile: Handler = async (id, fields, { paths, handles }) => {
  const path = fields.path();
  const flags = fields.u32();
  const { mode } = fields.attributes();
  handles.askRoom();
  const file = await open(paths.of(path), systemFlags(flags), mode ?? fileModeUnlessSaid);
  try {
    if ((await file.stat()).isDirectory()) throw new SftpStatus(status.failure, "Is a directory");
    return answer(reply.handle, id, (out) => out.bytes(handles.add({ kind: "file", file })));
  } catch (error) {
    await file.close();
    throw error;
  }
};

export const closeHandle: Handler = async (id, fields, { handles }) => {
  await handles.close(fields.bytes());
  return okAnswer(id);
};

export const readFile: Handler = async (id, fields, { handles }) => {
  const file = handles.file(fields.bytes());
  const position = fields.u64();
  const { room, close } = dataPacket(Math.min(fields.u32(), dataBytesMax));
  if (room.length === 0) return close(id, 0);
  const { bytesRead } = await file.read(room, 0, room.length, position);
  if (bytesRead === 0) throw new SftpStatus(status.eof, "End of file");
  return close(id, bytesRead);
};

export const writeFile: Handler = async (id, fields, { handles }) => {
  const file = handles.file(fields.bytes());
  const position = fields.u64();
  await writeAll(file, fields.bytes(), position);
  return okAnswer(id);
};

export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    if (bytesWritten === 0) throw new SftpStatus(status.failure, "Nothing more could be written.");
    written += bytesWritten;
  }
}

export const statHandle: Handler = async (id, fields, { handles }) => {
  const stats = await handles.file(fields.bytes()).stat();
  return answer(reply.attrs, id, (out) => out.attributes(stats));
};

export const setOnHandle: Handler = async (id, fields, { handles }) => {
  const file = handles.file(fields.bytes());
  await setOnFile(file, fields.attributes());
  return okAnswer(id);
};

const copyPieceBytes = 256 * 1_024;

/** `copy-data`: from one open file to another, without the bytes going to the client. Length 0: to the end. */
export async function copyData(fields: FieldReader, file: (handle: Buffer) => FileHandle): Promise<void> {
  const from = file(fields.bytes());
  let position = fields.u64();
  const length = fields.u64();
  const to = file(fields.bytes());
  let target = fields.u64();
  const end = length === 0 ? Number.MAX_SAFE_INTEGER : position + length;
  if (from === to && length === 0)
    throw new SftpStatus(status.failure, "A file cannot be copied into itself to its end.");
  const piece = Buffer.allocUnsafe(copyPieceBytes);
  while (position < end) {
    const { bytesRead } = await from.read(piece, 0, Math.min(piece.length, end - position), position);
    if (bytesRead === 0) return;
    await writeAll(to, piece.subarray(0, bytesRead), target);
    position += bytesRead;
    target += bytesRead;
  }
}
