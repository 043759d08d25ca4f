/** Of a search: what `LogSearch` says. */
interface Counted {
  readonly loaded: number;
  readonly total: number | undefined;
  readonly isCounted: boolean;
  readonly isAsking: boolean;
  readonly isBeyond: boolean;
  readonly error: unknown;
  readonly at: number;
}

const linesText = (count: number): string =>
  count === 0 ? "no line" : `${count.toLocaleString("en")} ${count === 1 ? "line" : "lines"}`;

/** What is said beside the search of how many lines have the text, and at which of them one is. */
export function searchWords({ loaded, total, isCounted, isAsking, isBeyond, error, at }: Counted): string {
  if (total !== undefined) {
    const all = `${isCounted ? "" : "more than "}${total.toLocaleString("en")}`;
    if (isAsking) return `asking the server … ${all} so far`;
    if (at > 0) return `${at.toLocaleString("en")} of ${all}`;
    return isBeyond ? `${linesText(loaded)} in what is loaded, ${all} in the whole log` : linesText(total);
  }
  if (isBeyond)
    return `${linesText(loaded)} in what is loaded${isAsking && error === null ? "; asking the server …" : ""}`;
  return at === 0 ? linesText(loaded) : `${at.toLocaleString("en")} of ${loaded.toLocaleString("en")}`;
}
