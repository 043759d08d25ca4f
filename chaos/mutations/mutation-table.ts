import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Table } from "../output/tables.ts";
import type { MutationResult } from "./run-mutation.ts";

/** Adds results to those of earlier runs, by name. */
export function rememberResults(file: string, results: readonly MutationResult[]): readonly MutationResult[] {
  // Written here and nowhere else.
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MutationResult[]) : [];
  const all = [...known.filter((one) => !results.some((result) => result.name === one.name)), ...results];
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
  return all;
}

export function mutationTable(results: readonly MutationResult[]): Table {
  return {
    title: "Mutations",
    head: ["taken out", "what it breaks", "caught by", "after, s"],
    rows: results.map(({ name, breaks, caughtBy, seconds }) => [name, breaks, caughtBy ?? "NOTHING", String(seconds)]),
  };
}
