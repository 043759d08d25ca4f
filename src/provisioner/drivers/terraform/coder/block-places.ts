import { readdir } from "node:fs/promises";
import path from "node:path";
import { moduleFolders } from "./override-files.ts";
import type { BlockRef } from "./reading/read-blocks.ts";
import { textOfConfiguration } from "../outline-of-files.ts";

export interface Place {
  /** Below the template's folder; of a downloaded module, below `.terraform/modules`. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * Where blocks begin, in the files of their modules. By the words of the language, as people write it: of what is
 * written otherwise, such as JSON, no place is known.
 */
export async function placesOf(run: string, blocks: readonly BlockRef[]): Promise<ReadonlyMap<BlockRef, Place>> {
  const folders = await moduleFolders(run);
  const places = new Map<BlockRef, Place>();
  const texts = new Map<string, readonly (readonly [file: string, text: string])[]>();
  for (const block of blocks) {
    const folder = folders.get(block.module);
    if (folder === undefined) continue;
    const files = texts.get(folder) ?? (await textsOf(run, folder));
    texts.set(folder, files);
    const place = placeIn(files, block);
    if (place !== null) places.set(block, place);
  }
  return places;
}

async function textsOf(run: string, folder: string): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(path.join(run, folder)).catch(() => [])).filter((name) => name.endsWith(".tf"));
  return await Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const file = path.join(folder, name);
      return [file, await textOfConfiguration(path.join(run, file))];
    }),
  );
}

function placeIn(files: readonly (readonly [string, string])[], { mode, type, name }: BlockRef): Place | null {
  const words = [mode === "data" ? "data" : "resource", `"${type}"`, `"${name}"`];
  for (const [file, text] of files) {
    const nth = text.split("\n").findIndex((line) => {
      const parts = line.trim().split(/[\s{]+/);
      return words.every((word, index) => parts[index] === word);
    });
    if (nth !== -1) return { file, line: nth + 1 };
  }
  return null;
}
