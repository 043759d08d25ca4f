import { formatPatch, structuredPatch } from "diff";

const contextLines = 3;
const none = "/dev/null";

/** What changes in one file, as a unified diff; null for a side on which it is not there, and empty where nothing does. */
export function textDiff(file: string, before: string | null, after: string | null): string {
  if (before === after) return "";
  const [from, to] = [before === null ? none : file, after === null ? none : file];
  const patch = structuredPatch(from, to, before ?? "", after ?? "", undefined, undefined, { context: contextLines });
  return formatPatch(patch, { includeIndex: false, includeUnderline: false, includeFileHeaders: true });
}
