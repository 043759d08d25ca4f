import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { packedPtyBinary } from "./native-binary.ts";

/** This machine, or this program, has no terminals to give; the message says why. */
export class PtyUnavailableError extends Error {
  override readonly name = "PtyUnavailableError";
}

/** What the library's binary offers (`@lydell/node-pty-*`, whose version is pinned). */
export interface PtyNative {
  /** Starts a program as the leader of a session with a terminal of its own. The descriptor does not block. */
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helperPath: string,
    onExit: (exitCode: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

export interface LoadedPty {
  readonly native: PtyNative;
  /** A program beside the binary that macOS starts others with; unused elsewhere. */
  readonly helperPath: string;
}

let loaded: LoadedPty | undefined;

/**
 * The library, loaded at its first use: an agent at rest has no need of it. Errors: `PtyUnavailableError`.
 * @param runtimeFolder XDG_RUNTIME_DIR, where there is one: a folder of the user alone.
 */
export function loadPtyNative(runtimeFolder: string | undefined): LoadedPty {
  loaded ??= load(`${process.platform}-${process.arch}`, runtimeFolder);
  return loaded;
}

function load(platform: string, runtimeFolder: string | undefined): LoadedPty {
  // The binary is made for glibc, and a loader of another C library may crash on it instead of refusing it.
  if (usesMusl()) throw new PtyUnavailableError("there are no terminals with musl as the C library, only with glibc");
  const packed = packedPtyBinary(platform);
  if (packed !== null)
    return { native: loadUnpacked(gunzipSync(Buffer.from(packed, "base64")), runtimeFolder), helperPath: "" };
  const file = installed(platform);
  if (file === null) throw new PtyUnavailableError(`this agent does not carry the terminal library for ${platform}`);
  return { native: loadFile(file), helperPath: path.join(path.dirname(file), "spawn-helper") };
}

function usesMusl(): boolean {
  try {
    return readFileSync("/proc/self/maps", "utf8").includes("/ld-musl-");
  } catch {
    return false;
  }
}

/** Only a file can be loaded: it is written where that is possible, loaded and removed. */
function loadUnpacked(binary: Buffer, runtimeFolder: string | undefined): PtyNative {
  const reasons: string[] = [];
  for (const folder of new Set([runtimeFolder, tmpdir(), "/dev/shm", homedir()])) {
    if (folder === undefined || folder === "") continue;
    try {
      return loadThrough(folder, binary);
    } catch (error) {
      // Not there, read-only, full, or without the right to run anything (noexec).
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new PtyUnavailableError(`the terminal library cannot be loaded: ${[...new Set(reasons)].join("; ")}`);
}

function loadThrough(folder: string, binary: Buffer): PtyNative {
  const own = mkdtempSync(path.join(folder, "prewarm-"));
  try {
    const file = path.join(own, "pty.node");
    writeFileSync(file, binary, { mode: 0o700 });
    return dlopen(file);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Beside the program: where it runs from its installation. */
function installed(platform: string): string | null {
  const start = path.dirname(process.argv[1] ?? process.execPath);
  for (let folder = start; ; folder = path.dirname(folder)) {
    const file = path.join(folder, "node_modules/@lydell", `node-pty-${platform}`, "pty.node");
    if (existsSync(file)) return file;
    if (folder === path.dirname(folder)) return null;
  }
}

function loadFile(file: string): PtyNative {
  try {
    return dlopen(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PtyUnavailableError(`the terminal library cannot be loaded: ${reason}`);
  }
}

function dlopen(file: string): PtyNative {
  const holder: { exports: unknown } = { exports: {} };
  process.dlopen(holder, file);
  // The package is pinned to an exact version, which offers this.
  return holder.exports as PtyNative;
}
