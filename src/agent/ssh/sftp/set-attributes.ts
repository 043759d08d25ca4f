import { chmod, chown, type FileHandle, lchown, lutimes, truncate, utimes } from "node:fs/promises";
import type { FileAttributes } from "./fields.ts";
import { SftpStatus, status } from "./protocol.ts";

// The size comes first, as a mode may take away the right to change it; the times last, as all else changes them.

export async function setOnPath(path: Buffer, { size, owner, mode, times }: FileAttributes): Promise<void> {
  if (size !== undefined) await truncate(path, size);
  if (owner !== undefined) await chown(path, owner.user, owner.group);
  if (mode !== undefined) await chmod(path, mode);
  if (times !== undefined) await utimes(path, times.access, times.change);
}

export async function setOnFile(file: FileHandle, { size, owner, mode, times }: FileAttributes): Promise<void> {
  if (size !== undefined) await file.truncate(size);
  if (owner !== undefined) await file.chown(owner.user, owner.group);
  if (mode !== undefined) await file.chmod(mode);
  if (times !== undefined) await file.utimes(times.access, times.change);
}

/** On a link itself, which has neither a size nor a mode. */
export async function setOnLink(path: Buffer, { size, owner, mode, times }: FileAttributes): Promise<void> {
  if (size !== undefined || mode !== undefined) {
    throw new SftpStatus(status.unsupported, "A link has neither a size nor a mode of its own.");
  }
  if (owner !== undefined) await lchown(path, owner.user, owner.group);
  if (times !== undefined) await lutimes(path, times.access, times.change);
}
