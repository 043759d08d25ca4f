import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { CodedError } from "../contracts/errors.ts";

/** Folders above the one that is made; no file system has paths of more parts. */
const partsMax = 2_048;

/**
 * Makes a folder and those above it, from the top. Node's own way never ends where a folder's parent is there and takes
 * none, as below `/proc`: it makes the parent, is told that it exists, and tries again.
 * Errors: those of the system for the folder at fault; `ENOTDIR` where a file is in the way.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); missing.length < partsMax && !isFolder(at); at = path.dirname(at)) {
    missing.push(at);
  }
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, { mode });
    } catch (error) {
      // Somebody else has made it meanwhile.
      if (!(codeOf(error) === "EEXIST" && isFolder(each))) throw error;
    }
  }
}

function isFolder(folder: string): boolean {
  try {
    const found = statSync(folder);
    if (found.isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  throw Object.assign(new Error(`ENOTDIR: not a folder, '${folder}'`), { code: "ENOTDIR" });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The same of a folder that whoever runs the program has named. Errors: `folder_unusable`. */
export function makeNamedFolder(folder: string, mode?: number): void {
  try {
    makeFolder(folder, mode);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError("folder_unusable", `The folder ${folder} cannot be made: ${why}.`, { cause });
  }
}
