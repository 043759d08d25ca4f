import { closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import path from "node:path";

/** Of a file that is shown at a login; more is passed over. */
const greetingBytesMax = 65_536;

/** A named pipe that nobody writes to would hold the whole agent. */
const withoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * The text that a login in a terminal begins with, as a terminal that nobody has set up yet shows it; null for none. A
 * `.hushlogin` in the home wants none, as everywhere.
 * @param file absolute, or below the home; empty for none. One that cannot be read is no greeting.
 */
export function greetingOf(file: string, home: string): Buffer | null {
  if (file === "" || existsSync(path.join(home, ".hushlogin"))) return null;
  try {
    const text = readStart(path.resolve(home, file.replace(/^~\/+/, "")));
    if (text.trim() === "") return null;
    return Buffer.from(`${text.trimEnd().replaceAll(/\r?\n/g, "\r\n")}\r\n`);
  } catch {
    return null;
  }
}

function readStart(file: string): string {
  const fd = openSync(file, withoutWaiting);
  try {
    const bytes = Buffer.alloc(greetingBytesMax);
    return bytes.subarray(0, readSync(fd, bytes, 0, greetingBytesMax, 0)).toString("utf8");
  } finally {
    closeSync(fd);
  }
}
