/** Between two columns. */
const gapWidth = 2;
/** Narrower than this a column says nothing; the terminal breaks such a table by itself. */
const columnWidthMin = 8;

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/**
 * Widths of columns whose cells are to be wrapped so that no line is longer than `lineWidth`: the widest columns give
 * way first. Undefined when nothing needs to.
 */
export function fittingWidths(
  rows: readonly (readonly string[])[],
  lineWidth: number | undefined,
): readonly number[] | undefined {
  if (lineWidth === undefined) return undefined;
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, lengthOf(cell));
  // The title of a column is never broken, so that its words stay what they are.
  const least = (rows[0] ?? []).map((title) => Math.max(columnWidthMin, lengthOf(title)));
  const room = lineWidth - gapWidth * (widths.length - 1);
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  if (excess <= 0) return undefined;
  for (; excess > 0; excess -= 1) {
    const spare = widths.map((width, at) => (width > (least[at] ?? 0) ? width : 0));
    const widest = Math.max(...spare);
    if (widest === 0) break;
    widths[spare.indexOf(widest)] = widest - 1;
  }
  return widths;
}

/** The lines of a cell: broken between words, and within one only when that is longer than a line. */
export function wrapWords(text: string, width: number | undefined): readonly string[] {
  if (width === undefined || lengthOf(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (lengthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    const letters = Array.from(word);
    while (letters.length > width) lines.push(letters.splice(0, width).join(""));
    line = letters.join("");
  }
  return [...lines, line];
}
