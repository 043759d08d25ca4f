import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Results } from "./results.ts";
import { asMarkdown, tablesOf } from "./tables.ts";

const begin = "<!-- Written by `npm run chaos -- --report`: the lines down to the end mark are replaced. -->";
const end = "<!-- The end of what chaos writes. -->";

export function sectionOf(results: Results): string {
  const minutes = Math.round(results.elapsedMs / 60_000);
  const asked = results.requests.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
  return [
    `\`npm run chaos -- --minutes ${results.minutes} --seed ${results.seed}\` on ${results.at.slice(0, 10)}, ` +
      `${results.machine}: ${results.rounds} rounds in ${minutes} minutes, ${results.faults.length} faults, ` +
      `${asked} requests, ${results.violations.length} violations.`,
    "",
    ...tablesOf(results).flatMap((table) => [asMarkdown(table), ""]),
  ].join("\n");
}

/** The document with the section in place of the one that it has, or at its end. */
export function withSection(document: string, section: string): string {
  const block = `${begin}\n\n${section.trim()}\n\n${end}`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) return `${document.trimEnd()}\n\n${block}\n`.trimStart();
  return document.slice(0, from) + block + document.slice(to + end.length);
}

export function writeReport(file: string, results: Results): void {
  const document = existsSync(file) ? readFileSync(file, "utf8") : "# Reliability\n";
  writeFileSync(file, withSection(document, sectionOf(results)));
}
