import ignore from "ignore";
import { neverPacked } from "../../contracts/never-packed.ts";

/** Whether a path (relative, with `/`) is left out of the archive. */
export type IgnoreRule = (path: string, isFolder: boolean) => boolean;

/** The rules of a `.prewarmignore`, which are those of a `.gitignore`, and what is always left out. */
export function parseIgnoreFile(text: string): IgnoreRule {
  const rules = ignore({ ignorecase: false }).add(text).add(neverPacked);
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}
