const includeShape = /^\s*include(?:\s+|\s*=\s*)(\S.*)$/i;
const blockShape = /^\s*(?:host|match)(?:\s|=)/i;

/** How a person's configuration names ours: the word for a new line, and others that mean the same file. */
export interface IncludeWords {
  readonly word: string;
  readonly same: readonly string[];
}

/** The text with our file included from its first line, its line ends kept; the same text where that is so already. */
export function withInclude(text: string, words: IncludeWords): string {
  if (isIncluded(text, words)) return text;
  const lineEnd = /\r?\n/.exec(text)?.[0] ?? "\n";
  return `Include ${words.word}${lineEnd}${text}`;
}

/** The text without the lines that include our file and nothing else. */
export function withoutInclude(text: string, words: IncludeWords): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !isOurs(line, words))
    .join("");
}

/** Below `Host` or `Match` it would hold for some hosts only. */
function isIncluded(text: string, words: IncludeWords): boolean {
  for (const line of text.split(/\r?\n/)) {
    if (blockShape.test(line)) return false;
    if (isOurs(line, words)) return true;
  }
  return false;
}

function isOurs(line: string, { word, same }: IncludeWords): boolean {
  const named = includeShape
    .exec(line.trimEnd())?.[1]
    ?.trim()
    .replace(/\s+#.*$/, "");
  if (named === undefined) return false;
  return [word, ...same].some((each) => named === each || named === `"${each}"`);
}
