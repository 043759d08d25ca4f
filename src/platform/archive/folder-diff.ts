import { formatPatch, structuredPatch, type StructuredPatchHunk } from "diff";
import type { ArchiveFile } from "./archive-files.ts";

/** Of a file whose lines are compared; a larger one is only said to differ. */
const comparedBytesMax = 1_048_576;
/** For the lines of one file: two that have nothing in common would take a time that nobody waits for. */
const compareMs = 2_000;
/** So many files that have nothing in common have their time; what follows is only said to differ. */
const filesTogether = 10;
const contextLines = 3;

export interface FolderDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** A unified diff of all of them, empty when they are the same. */
  readonly text: string;
}

export interface FileDifference {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** Null where there is no such file. */
  readonly bytesBefore: number | null;
  readonly bytesAfter: number | null;
  /** A unified diff, or in one line why there is none. */
  readonly patch: string;
}

type Files = ReadonlyMap<string, ArchiveFile>;

/** What leads from one folder to another, file by file in the order of their paths. `limitMs` is for each file. */
export function folderDiff(before: Files, after: Files, limitMs = compareMs): FolderDiff {
  const files = fileDifferences(before, after, limitMs);
  const pathsOf = (kind: FileDifference["change"]): string[] =>
    files.filter(({ change }) => change === kind).map(({ path }) => path);
  return {
    added: pathsOf("added"),
    removed: pathsOf("removed"),
    changed: pathsOf("changed"),
    text: files.map(({ patch }) => patch).join(""),
  };
}

/** The same as a list. */
export function fileDifferences(before: Files, after: Files, limitMs = compareMs): readonly FileDifference[] {
  const endsAtMs = performance.now() + filesTogether * limitMs;
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths
    .filter((path) => !isSame(before.get(path), after.get(path)))
    .map((path) => {
      const pair = { before: before.get(path), after: after.get(path) };
      return {
        path,
        change: pair.before === undefined ? "added" : pair.after === undefined ? "removed" : "changed",
        bytesBefore: pair.before?.bytes.length ?? null,
        bytesAfter: pair.after?.bytes.length ?? null,
        patch: fileDiff(path, {
          ...pair,
          limitMs: Math.min(limitMs, Math.max(1, endsAtMs - performance.now())),
        }),
      };
    });
}

function isSame(one: ArchiveFile | undefined, other: ArchiveFile | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.isExecutable === other.isExecutable && one.bytes.equals(other.bytes);
}

interface Pair {
  readonly before: ArchiveFile | undefined;
  readonly after: ArchiveFile | undefined;
  readonly limitMs: number;
}

/** As `git diff` words it, whose patches people know how to apply and take back. */
function fileDiff(path: string, { before, after, limitMs }: Pair): string {
  const found = hunksOf({ before, after, limitMs });
  const isInBoth = before !== undefined && after !== undefined;
  const hasMode = !isInBoth || before.isExecutable !== after.isExecutable;
  const patch = formatPatch({
    oldFileName: before === undefined ? "/dev/null" : `a/${path}`,
    newFileName: after === undefined ? "/dev/null" : `b/${path}`,
    oldHeader: undefined,
    newHeader: undefined,
    hunks: typeof found === "string" ? [] : found,
    isGit: true,
    isCreate: before === undefined,
    isDelete: after === undefined,
    ...(hasMode ? { oldMode: modeOf(before), newMode: modeOf(after) } : {}),
  });
  return typeof found === "string" ? `${patch}${found}\n` : patch;
}

/** The parts that differ, or why they are not shown. */
function hunksOf({ before, after, limitMs }: Pair): StructuredPatchHunk[] | string {
  if (before !== undefined && after !== undefined && before.bytes.equals(after.bytes)) return [];
  const [from, to] = [textOf(before), textOf(after)];
  if (from === null || to === null) return "Binary files differ";
  const patch = structuredPatch("", "", from, to, undefined, undefined, { context: contextLines, timeout: limitMs });
  return patch?.hunks ?? "Files differ too much to be shown";
}

function modeOf(file: ArchiveFile | undefined): string {
  return file?.isExecutable === true ? "100755" : "100644";
}

/** Null for what is no text, or too long to be compared line by line. */
function textOf(file: ArchiveFile | undefined): string | null {
  if (file === undefined) return "";
  if (file.bytes.length > comparedBytesMax || file.bytes.includes(0)) return null;
  const text = file.bytes.toString("utf8");
  return Buffer.from(text).equals(file.bytes) ? text : null;
}
