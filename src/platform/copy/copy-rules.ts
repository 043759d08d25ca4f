import path from "node:path";

/** Of one name in a path, as the usual file systems have it. */
const nameBytesMax = 255;
/** Folders within each other. */
export const copyDepthMax = 256;
const linkLengthMax = 1_024;

/** Whether it is one name and nothing more, on this system: it can lead nowhere but into the folder it is put in. */
export function isPlainName(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name === "." || name === "..") return false;
  if (name.includes("\0") || name.includes("/") || path.basename(name) !== name) return false;
  return Buffer.byteLength(name) <= nameBytesMax;
}

/**
 * Whether a link stays within what is copied, wherever its parts lead: it goes up first, and not above the root, and then
 * down. One that goes up again after a name could pass through another link, and come out.
 * @param depth folders between the link and the root of what is copied; 0 for one beside nothing.
 */
export function staysInside(target: unknown, depth: number): target is string {
  if (typeof target !== "string" || target === "" || target.length > linkLengthMax) return false;
  if (target.includes("\0") || path.isAbsolute(target) || target.startsWith("/")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const ups = parts.findIndex((part) => part !== "..");
  const upwards = ups < 0 ? parts.length : ups;
  return upwards <= depth && parts.slice(upwards).every(isPlainName);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission is denied",
  EPERM: "it is not permitted",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  ENOSPC: "no space is left",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the file system can only be read",
  ENAMETOOLONG: "its path is too long",
  ELOOP: "it is a link",
  EFBIG: "it is too large for the file system",
  EMFILE: "too many files are open",
  EIO: "the disk fails",
};

/** With these nothing that follows would fare better. */
const hopeless = new Set(["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "EIO"]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

export function isHopeless(error: unknown): boolean {
  return hopeless.has(codeOf(error));
}

/** Whether the file system says so, and not a mistake of ours or the end of the stream. */
export function isOfFiles(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

export function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
