/** At the head of every page that is written from the code. */
export const generatedNote =
  "<!-- Written from the code: change it there, then run `UPDATE_DOCS=1 npx vitest run test/unit/docs`. -->";

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
