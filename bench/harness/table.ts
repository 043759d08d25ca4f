import type { Outcome, Row, Target } from "./benchmark.ts";
import { rounded } from "./benchmark.ts";

function cellOf(value: number | string | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : rounded(value).toLocaleString("en-US", { maximumSignificantDigits: 6 });
}

/** Heads and cells of the rows; a value that a row does not have is an empty cell. */
export function cellsOf(rows: readonly Row[]): { readonly heads: readonly string[]; readonly lines: string[][] } {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row.values)))];
  return {
    heads: ["case", ...keys],
    lines: rows.map((row) => [row.case, ...keys.map((key) => cellOf(row.values[key]))]),
  };
}

export function targetLine(target: Target): string {
  return `${target.isMet ? "met   " : "MISSED"} ${target.what}: ${target.measured} (wanted ${target.wanted})`;
}

/** The outcome as text for a terminal. */
export function textTable(outcome: Outcome): string {
  const { heads, lines } = cellsOf(outcome.rows);
  const widths = heads.map((head, nth) => Math.max(head.length, ...lines.map((line) => line[nth]?.length ?? 0)));
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, nth) => (nth === 0 ? cell.padEnd(widths[nth] ?? 0) : cell.padStart(widths[nth] ?? 0)))
      .join("  ")
      .trimEnd();
  const table = [heads, ...lines].map((cells) => `  ${lineOf(cells)}`);
  return [...table, ...outcome.targets.map((target) => `  ${targetLine(target)}`)].join("\n");
}
