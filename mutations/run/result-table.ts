import { readFileSync, writeFileSync } from "node:fs";
import type { MutationGroup } from "../mutation.ts";
import type { MutationResult } from "./try-mutation.ts";

const begin = "<!-- Written by `npm run mutations -- --report`: the lines down to the end mark are replaced. -->";
const end = "<!-- The end of what mutations write. -->";

/** What an outcome is called, in the terminal and in the documentation. */
export function outcomeText({ outcome }: Pick<MutationResult, "outcome">): string {
  switch (outcome.kind) {
    case "caught":
      return outcome.by;
    case "uncaught":
      return "NOTHING";
    case "stale":
      return `does not apply any more: ${outcome.reason}`;
  }
}

/** The results as Markdown: a table for each group. */
export function resultSection(groups: readonly MutationGroup[], results: readonly MutationResult[]): string {
  const byName = new Map(results.map((result) => [result.name, result]));
  const tables = groups.map(({ title, mutations }) => {
    const rows = mutations.map(({ name, breaks }) => {
      const result = byName.get(name);
      return `| \`${name}\` | ${cell(breaks)} | ${result === undefined ? "not tried" : cell(outcomeText(result))} |`;
    });
    return [`### ${title}`, "", "| mutation | what it breaks | caught by |", "|---|---|---|", ...rows].join("\n");
  });
  return tables.join("\n\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

/** Errors: a document without the marks. */
export function writeResultSection(file: string, section: string): void {
  const document = readFileSync(file, "utf8");
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${file} has no place for the results: the two marks are missing.`);
  writeFileSync(file, `${document.slice(0, from)}${begin}\n\n${section}\n\n${document.slice(to)}`);
}
