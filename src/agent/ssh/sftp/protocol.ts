// SFTP version 3 (draft-ietf-secsh-filexfer-02), as OpenSSH speaks it.

export const version = 3;

/** A packet of a client, and of ours, without its length. More than 255 KiB of data and its header fit. */
export const packetBytesMax = 256 * 1_024;
export const dataBytesMax = 255 * 1_024;
export const handlesMax = 1_024;
/** Requests that are worked on at a time, and bytes of packets that wait: more is not read from the channel. */
export const requestsMax = 64;
export const queuedBytesMax = 4 * 1_024 * 1_024;
export const namesPerReplyMax = 128;

export const request = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const reply = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105, extended: 201 } as const;

export const status = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

export type StatusCode = (typeof status)[keyof typeof status];

export const openFlag = { read: 0x1, write: 0x2, append: 0x4, create: 0x8, truncate: 0x10, exclusive: 0x20 } as const;

/** An answer that says how it went, in words. */
export class SftpStatus extends Error {
  override readonly name = "SftpStatus";
  readonly code: StatusCode;

  constructor(code: StatusCode, message: string) {
    super(message);
    this.code = code;
  }
}

const codes: Readonly<Record<string, StatusCode>> = {
  ENOENT: status.noSuchFile,
  ENOTDIR: status.noSuchFile,
  ELOOP: status.noSuchFile,
  EACCES: status.permissionDenied,
  EPERM: status.permissionDenied,
  EROFS: status.permissionDenied,
  EFAULT: status.permissionDenied,
  ENOSYS: status.unsupported,
  EOPNOTSUPP: status.unsupported,
  ENOTSUP: status.unsupported,
};

const words: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  ELOOP: "Too many levels of symbolic links",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
  EEXIST: "File exists",
  ENOTEMPTY: "Directory not empty",
  EISDIR: "Is a directory",
  ENOSPC: "No space left on device",
  EDQUOT: "Disk quota exceeded",
  EXDEV: "Invalid cross-device link",
  ENAMETOOLONG: "File name too long",
  EMFILE: "Too many open files",
  EBUSY: "Device or resource busy",
};

/** What a client is told of a failure: its code is the protocol's, its words are the system's. */
export function statusOf(error: unknown): SftpStatus {
  if (error instanceof SftpStatus) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = words[code] ?? (error instanceof Error ? error.message : String(error));
  return new SftpStatus(codes[code] ?? status.failure, text);
}
