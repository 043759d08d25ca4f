import { link, open, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Random } from "../../platform/random.ts";

/**
 * The id of a driver's folder, made at the first call and kept in a file there: what exists is told by it to be of this
 * folder and no other. The file appears whole or not at all, and of two that begin at once both read the same. One that a
 * crash left empty, as files of earlier releases may be, is made anew: nothing was ever made with it.
 */
export async function ownRootId(
  folder: string,
  options: { readonly name: string; readonly random: Random },
): Promise<string> {
  const file = path.join(folder, options.name);
  const known = await idIn(file);
  if (known !== undefined && known !== "") return known;
  const fresh = `${file}.${options.random.base32(8)}`;
  const handle = await open(fresh, "wx", 0o600);
  try {
    await handle.writeFile(options.random.uuid());
    await handle.sync();
    if (known === "") await rm(file, { force: true });
    await link(fresh, file).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  } finally {
    await handle.close();
    await rm(fresh, { force: true });
  }
  return (await idIn(file)) ?? "";
}

/** Undefined: there is no such file. */
async function idIn(file: string): Promise<string | undefined> {
  try {
    // A file whose length was stored and whose bytes were not is full of zeros.
    return (await readFile(file, "utf8")).replaceAll("\0", "").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
