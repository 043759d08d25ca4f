/** In pixels: all rows are as high, so that a line's number says where it is. */
export const rowHeight = 18;
/** Rows in the document at once, however high the window is. */
export const rowsDrawnMax = 2_000;
const rowsBeyond = 40;

interface Seen {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly rows: number;
}

/** Which rows to draw: those that are seen, and some on each side. `end` is the first one that is not drawn. */
export function rowsToDraw({ scrollTop, height, rowHeight, rows }: Seen): {
  readonly start: number;
  readonly end: number;
} {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const seen = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  const start = Math.min(Math.max(0, first - rowsBeyond), Math.max(0, rows - 1));
  return { start, end: Math.min(rows, start + Math.min(rowsDrawnMax, seen + 2 * rowsBeyond)) };
}
