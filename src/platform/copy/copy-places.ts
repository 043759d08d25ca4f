import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { CopyError } from "./copy-records.ts";
import { isMissing, isPlainName, reasonOf } from "./copy-rules.ts";

export interface PlacesWish {
  /** As it was written. */
  readonly target: string;
  /** What a relative one, and `~/`, begins at. */
  readonly base: string;
  readonly home: string;
  /** Last names of the sources; null for one that has none (`.`, `/`), whose content goes into the target itself. */
  readonly names: readonly (string | null)[];
}

/** Absolute, as it is meant on the machine that has it. */
export function resolvePath(written: string, { base, home }: Pick<PlacesWish, "base" | "home">): string {
  if (written.includes("\0")) throw new CopyError("a path has a character that none can have");
  if (written === "~") return home;
  return written.startsWith("~/") ? path.join(home, written.slice(2)) : path.resolve(base, written);
}

/** The last name of a source as it was written, which it keeps in a folder. */
export function lastName(written: string): string | null {
  const name = written.split("/").findLast((part) => part !== "") ?? "";
  return name === "" || name === "." || name === ".." || name === "~" ? null : name;
}

/**
 * Where sources come to lie, by the rules of `cp -r`: in the target where it is a folder, else in its place.
 * Errors: `CopyError`, in words.
 */
export async function placesFor(wish: PlacesWish): Promise<readonly string[]> {
  const { target, names } = wish;
  const at = resolvePath(target, wish);
  const there = await found(at);
  if (there?.isDirectory() === true) {
    const real = await realpath(at);
    return names.map((name) => (name === null ? real : path.join(real, plain(name))));
  }
  if (names.length !== 1) throw new CopyError(`${target}: several are copied, and there is no folder`);
  // A link is written through, as whoever has named it wants.
  if (there !== null) return [await realpath(at)];
  const parent = path.dirname(at);
  if ((await found(parent))?.isDirectory() !== true) throw new CopyError(`${target}: there is no folder ${parent}`);
  // Only a folder can come to lie there.
  return [target.endsWith("/") ? `${at}/` : at];
}

/** Null: nothing is there. */
async function found(at: string): Promise<Stats | null> {
  try {
    return await stat(at);
  } catch (error) {
    if (isMissing(error)) return null;
    throw new CopyError(`${at}: ${reasonOf(error)}`, { cause: error });
  }
}

function plain(name: string): string {
  if (isPlainName(name)) return name;
  throw new CopyError(`a name is refused: ${JSON.stringify(name)}`);
}

/** A name for what is not complete yet, in the same folder; made of the file's own it could become too long. */
export function besideName(at: string): string {
  return path.join(path.dirname(at), `.prewarm-cp-${randomBytes(8).toString("hex")}`);
}
