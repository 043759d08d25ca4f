import ignore from "ignore";

/** Whether a path (relative, with `/`) is left out of the archive. */
export type IgnoreRule = (path: string, isFolder: boolean) => boolean;

/** Never of use in a template, and often huge; they come last, so that nothing takes them back. */
const alwaysIgnored = [".git", "node_modules"];

/** The rules of a `.prewarmignore`: those of a `.gitignore`. */
export function parseIgnoreFile(text: string): IgnoreRule {
  const rules = ignore({ ignorecase: false }).add(text).add(alwaysIgnored);
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}
