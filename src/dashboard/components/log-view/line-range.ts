/** Lines of a log, from 1, both included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

const rangePattern = /^L(\d{1,7})(?:-L(\d{1,7}))?$/;

/** Reads `L120-L140` or `L120`, as it stands behind the `#` of an address. */
export function readLineRange(hash: string): LineRange | null {
  const [, from, to] = rangePattern.exec(hash) ?? [];
  if (from === undefined) return null;
  const [one, other] = [Number(from), Number(to ?? from)];
  if (one < 1 || other < 1) return null;
  return { first: Math.min(one, other), last: Math.max(one, other) };
}

export function lineRangeText({ first, last }: LineRange): string {
  return first === last ? `L${first}` : `L${first}-L${last}`;
}

/** What a click on a line's number chooses: with Shift all from the first one chosen. */
export function chosenRange(before: LineRange | null, line: number, isExtending: boolean): LineRange {
  if (!isExtending || before === null) return { first: line, last: line };
  return { first: Math.min(before.first, line), last: Math.max(before.first, line) };
}
