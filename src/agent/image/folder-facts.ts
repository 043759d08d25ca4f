import { mkdtempSync, readFileSync, rmdirSync, statfsSync } from "node:fs";
import path from "node:path";
import type { FolderFacts } from "../../contracts/image-facts.ts";

/** Whether a folder takes files, lets programs run, and how much room it has. */
export function folderFacts(folder: string, mounts = readMounts()): FolderFacts {
  return {
    path: folder,
    unwritable: unwritable(folder),
    isExecutable: !optionsOf(folder, mounts).includes("noexec"),
    freeBytes: freeBytes(folder),
  };
}

/** Tried, as neither rights nor a mount's options say it all (a quota, a full disk, another user's rules). */
function unwritable(folder: string): string | null {
  try {
    rmdirSync(mkdtempSync(path.join(folder, ".prewarm-")));
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  }
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function readMounts(): string {
  try {
    return readFileSync("/proc/self/mounts", "utf8");
  } catch {
    return "";
  }
}

/** The options of the mount that a folder is on: the innermost, and of one place the newest, which is told last. */
function optionsOf(folder: string, mounts: string): readonly string[] {
  let best = { place: "", options: "" };
  for (const line of mounts.split("\n")) {
    const [, escaped = "", , options = ""] = line.split(" ");
    const place = unescaped(escaped);
    const isAround = folder === place || folder.startsWith(place.endsWith("/") ? place : `${place}/`);
    if (place !== "" && isAround && place.length >= best.place.length) best = { place, options };
  }
  return best.options.split(",");
}

/** The kernel writes blanks and a few more as `\040`. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
