import { CodedError } from "../../contracts/errors.ts";

/** Whether a path (relative, with `/`) is left out of the archive. */
export type IgnoreRule = (path: string, isFolder: boolean) => boolean;

/** Never of use in a template, and often huge. */
const alwaysIgnored = new Set([".git", "node_modules"]);

/**
 * The rules of a `.prewarmignore`: one pattern a line, `#` for comments, `*` and `?` within a name, `**` across
 * folders, a leading `/` for the top folder only, a trailing `/` for folders only. A pattern without `/` matches
 * at any depth. Negation (`!`) is not offered, and refused instead of being misread.
 */
export function parseIgnoreFile(text: string): IgnoreRule {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(parsePattern);
  return (path, isFolder) =>
    alwaysIgnored.has(path.slice(path.lastIndexOf("/") + 1)) || rules.some((rule) => rule(path, isFolder));
}

function parsePattern(pattern: string): IgnoreRule {
  if (pattern.startsWith("!")) {
    throw new CodedError(
      "invalid_request",
      `.prewarmignore: "${pattern}": patterns that take back are not supported.`,
      {
        next: "Name only what is to be left out.",
      },
    );
  }
  const isFolderOnly = pattern.endsWith("/");
  const body = pattern.replace(/\/$/, "").replace(/^\//, "");
  const isAnchored = pattern.replace(/\/$/, "").includes("/");
  const expression = new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${globSource(body)}$`);
  return (path, isFolder) => (isFolder || !isFolderOnly) && expression.test(path);
}

function globSource(glob: string): string {
  return glob.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
}
