import { realpath } from "node:fs/promises";
import { posix } from "node:path";

/**
 * Paths are texts of one character for each byte (`FieldReader.path`); the system is given the bytes. Relative ones begin
 * in the home.
 */
export interface Paths {
  /** As the system takes it. */
  of(path: string): Buffer;
  /** Without links, dots and what is relative; what is not there yet is told as it would be called. */
  real(path: string): Promise<string>;
  /** With a tilde as shells have it. */
  expanded(path: string): Promise<string>;
}

export function pathsFrom(home: string): Paths {
  const base = Buffer.from(home).toString("latin1");
  const absolute = (path: string): string => (path.startsWith("/") ? path : posix.join(base, path));
  const real = async (path: string): Promise<string> => {
    const whole = absolute(path);
    try {
      return await realOf(whole);
    } catch {
      const normal = posix.normalize(whole).replace(/(.)\/$/, "$1");
      const folder = await realOf(posix.dirname(normal)).catch(() => undefined);
      return folder === undefined ? normal : posix.join(folder, posix.basename(normal));
    }
  };
  return {
    of: (path) => Buffer.from(absolute(path), "latin1"),
    real,
    expanded: (path) => real(path === "~" ? base : path.startsWith("~/") ? posix.join(base, path.slice(2)) : path),
  };
}

async function realOf(path: string): Promise<string> {
  const real = await realpath(Buffer.from(path, "latin1"), { encoding: "buffer" });
  return real.toString("latin1");
}
