import { createTwoFilesPatch } from "diff";
import { visibleLine } from "../../contracts/visible-text.ts";
import type { ArchiveFile } from "../../platform/archive/archive-files.ts";

/** Of a file whose lines are compared; a larger one is only said to differ. */
const comparedBytesMax = 1_048_576;
/** For the lines of one file: two that have nothing in common would take a time that nobody waits for. */
const compareMs = 2_000;
/** For the lines of all files. Those that are left then are only said to differ. */
const compareAllMs = 20_000;
const contextLines = 3;

export interface FolderDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** A unified diff of all of them, empty when they are the same. */
  readonly text: string;
}

type Files = ReadonlyMap<string, ArchiveFile>;

interface DiffTime {
  readonly monotonicMs: () => number;
  readonly fileMs?: number;
  readonly allMs?: number;
}

/** What leads from one folder to another, file by file in the order of their paths. */
export function folderDiff(before: Files, after: Files, time: DiffTime): FolderDiff {
  const { monotonicMs, fileMs = compareMs, allMs = compareAllMs } = time;
  const untilMs = monotonicMs() + allMs;
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const different = paths.filter((path) => !isSame(before.get(path), after.get(path)));
  return {
    added: different.filter((path) => !before.has(path)),
    removed: different.filter((path) => !after.has(path)),
    changed: different.filter((path) => before.has(path) && after.has(path)),
    text: different
      .map((path) => {
        const limitMs = Math.min(fileMs, untilMs - monotonicMs());
        return fileDiff(path, { before: before.get(path), after: after.get(path), limitMs });
      })
      .join(""),
  };
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

function fileDiff(path: string, { before, after, limitMs }: Pair): string {
  const shown = visibleLine(path);
  const names = {
    before: before === undefined ? "/dev/null" : `a/${shown}`,
    after: after === undefined ? "/dev/null" : `b/${shown}`,
  };
  const texts = [textOf(before), textOf(after)] as const;
  const mode = modeLine(shown, before, after);
  if (before !== undefined && after !== undefined && before.bytes.equals(after.bytes)) return mode;
  if (texts[0] === null || texts[1] === null) return `${mode}Binary files ${names.before} and ${names.after} differ\n`;
  const tooMuch = `Files ${names.before} and ${names.after} differ too much to be shown\n`;
  if (limitMs <= 0) return `${mode}${tooMuch}`;
  const patch = createTwoFilesPatch(names.before, names.after, texts[0], texts[1], undefined, undefined, {
    context: contextLines,
    timeout: limitMs,
  });
  if (patch === undefined) return `${mode}${tooMuch}`;
  return mode + patch.replace(/^=+\n/, "");
}

function modeLine(path: string, before: ArchiveFile | undefined, after: ArchiveFile | undefined): string {
  if (before === undefined || after === undefined || before.isExecutable === after.isExecutable) return "";
  return `${path}: ${after.isExecutable ? "is executable now" : "is not executable any more"}\n`;
}

/** Null for what is no text, or too long to be compared line by line. */
function textOf(file: ArchiveFile | undefined): string | null {
  if (file === undefined) return "";
  if (file.bytes.length > comparedBytesMax || file.bytes.includes(0)) return null;
  const text = file.bytes.toString("utf8");
  return Buffer.from(text).equals(file.bytes) ? text : null;
}
