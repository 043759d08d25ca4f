/** The words of a line that is being written in bash, and how its last one is written so far. */
export interface BashLine {
  /** Without quotes and backslashes; the last one is being written. */
  readonly words: readonly string[];
  /** Of each character of the last word: whether it stands there with neither quotes nor a backslash. */
  readonly isBare: readonly boolean[];
  /** The quote that the last word stands in, which is not closed yet. */
  readonly quote: Quote | undefined;
}

type Quote = "'" | '"';

/** Reads as much of bash's grammar as completion needs: blanks, both quotes, backslashes. */
export function readBashLine(line: string): BashLine {
  const words: string[] = [];
  let word: string | undefined;
  let isBare: boolean[] = [];
  let quote: Quote | undefined;
  const add = (char: string, bare: boolean): void => {
    word = `${word ?? ""}${char}`;
    isBare.push(bare);
  };
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      isBare = [];
    } else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (char === quote) quote = undefined;
    else if (char === "\\" && quote !== "'") {
      at += 1;
      if (at < line.length) add(line[at] ?? "", false);
    } else add(char, quote === undefined);
  }
  return { words: [...words, word ?? ""], isBare, quote };
}

/** What bash would take for anything but itself. */
const special = /[^\w@%+=:,./\u0080-\uffff-]/g;

/**
 * What bash is to put in the place of the word that it sees: it breaks words at `:` and `=` too (`COMP_WORDBREAKS`), and
 * puts in what it is given as it is. Undefined for what cannot be written within the quote that is open.
 */
export function bashReply(value: string, { words, isBare, quote }: BashLine, wordBreaks: string): string | undefined {
  if (quote === "'") return value.includes("'") ? undefined : value;
  if (quote === '"') return value.replaceAll(/[\\"$`]/g, "\\$&");
  const typed = words.at(-1) ?? "";
  let kept = typed.length;
  while (kept > 0 && !(isBare[kept - 1] === true && wordBreaks.includes(typed[kept - 1] ?? ""))) kept -= 1;
  return value.slice(kept).replaceAll(special, "\\$&");
}
