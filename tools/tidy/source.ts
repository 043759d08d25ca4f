/** What a house rule looks at and what it answers. Rules are pure: they see texts, never the disk. */

export interface Source {
  /** Relative to the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  /** From 1; absent where the finding is about the file as a whole. */
  readonly line?: number;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  /** Most rules look at one file after the other; some (a share, a frozen list) need all of them. */
  readonly check: (sources: readonly Source[]) => readonly Finding[];
}

export type FileCheck = (source: Source) => readonly Finding[];

/** A rule that looks at each file on its own, and only at those that `applies` names. */
export function fileRule(name: string, applies: (path: string) => boolean, check: FileCheck): Rule {
  return { name, check: (sources) => sources.filter((source) => applies(source.path)).flatMap(check) };
}

/** Rules about the words of a text do not apply to the folder that has to spell those words. */
export const isTidyItself = (path: string): boolean => path.startsWith("tools/tidy");

export const isCodeFolder = (path: string): boolean => /^(src|test|tools|bench|chaos|mutations|bin)\//.test(path);
export const isTypeScript = (path: string): boolean => isCodeFolder(path) && /\.tsx?$/.test(path);
export const isProgramText = (path: string): boolean => isCodeFolder(path) && /\.(ts|tsx|mjs|js)$/.test(path);
export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);

export const linesOf = (text: string): readonly string[] => text.replace(/\n$/, "").split("\n");

/** One finding for each line that `pattern` matches. */
export function findInLines(source: Source, pattern: RegExp, message: (match: string) => string): readonly Finding[] {
  return linesOf(source.text).flatMap((text, index) => {
    const match = pattern.exec(text);
    return match ? [{ path: source.path, line: index + 1, message: message(match[0].trim()) }] : [];
  });
}
