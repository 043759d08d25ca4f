/** A word with a key before it, such as `status:running`. */
export interface SearchTerm {
  readonly key: string;
  readonly value: string;
}

export interface SearchQuery {
  /** With a key that is known, as they were written. */
  readonly terms: readonly SearchTerm[];
  /** What has no key: looked for in names. */
  readonly words: string;
  /** Keys that nobody knows: named, never passed over. */
  readonly unknown: readonly string[];
}

const token = /(?:([A-Za-z_]+):)?(?:"([^"]*)"|(\S+))/g;

/** Reads `owner:me template:node "two words" rest`. A value with spaces stands in double quotes. */
export function parseSearchQuery(text: string, keys: readonly string[]): SearchQuery {
  const terms: SearchTerm[] = [];
  const words: string[] = [];
  const unknown: string[] = [];
  for (const [, key, quoted, plain] of text.matchAll(token)) {
    const value = quoted ?? plain ?? "";
    if (key === undefined) words.push(value);
    else if (keys.includes(key)) terms.push({ key, value });
    else unknown.push(key);
  }
  return { terms, words: words.filter((word) => word !== "").join(" "), unknown: [...new Set(unknown)] };
}

/** The text that is read as these terms and words. */
export function renderSearchQuery({ terms, words }: Pick<SearchQuery, "terms" | "words">): string {
  const written = terms.map(({ key, value }) => `${key}:${quoteIfNeeded(value)}`);
  return [...written, words].filter((part) => part !== "").join(" ");
}

const quoteIfNeeded = (value: string): string => (value === "" || /\s/.test(value) ? `"${value}"` : value);

/** The last value of a key: who writes one twice means the second. */
export function termOf(query: SearchQuery, key: string): string | undefined {
  return query.terms.findLast((term) => term.key === key)?.value;
}

/** The query with another value of a key, or without it. */
export function withTerm(query: SearchQuery, key: string, value: string | undefined): string {
  const others = query.terms.filter((term) => term.key !== key);
  return renderSearchQuery({ terms: value === undefined ? others : [...others, { key, value }], words: query.words });
}
