import Table from "cli-table3";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";
import { fittingWidths, wrapWords } from "./wrap-cells.ts";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
  /** Shown with `-o wide` only. */
  readonly isWide?: boolean;
  /** Colours the cell's text, which has been made printable before. */
  readonly paint?: (text: string, row: Row) => string;
}

const borderless = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

export interface TableLook {
  readonly paint: Paint;
  /** Characters that a line may have; as many as it takes unless said. */
  readonly lineWidth?: number | undefined;
}

/** Rows under titles without any border, so that `awk` and people both read it. Ends without a line break. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], look: TableLook): string {
  const table = new Table({
    chars: borderless,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? "left"),
    head: columns.map((column) => look.paint.dim(column.title)),
  });
  const cells = rows.map((row) => columns.map((column) => printable(column.cell(row))));
  const widths = fittingWidths([columns.map(({ title }) => title), ...cells], look.lineWidth);
  for (const [nth, row] of rows.entries()) {
    table.push(
      columns.map((column, at) => {
        const lines = wrapWords(cells[nth]?.[at] ?? "", widths?.[at]);
        return lines.map((line) => column.paint?.(line, row) ?? line).join("\n");
      }),
    );
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Names and values in two columns, for one thing in full. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[], paint: Paint): string {
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${printable(value)}`.trimEnd()).join("\n");
}
