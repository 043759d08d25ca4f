import { pageSizeMax } from "../contracts/limits.ts";
import type { CommandInput } from "./command-input.ts";
import type { OptionSpec } from "./command.ts";

export interface Page {
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

const offsetMax = 1_000_000;

export const pageOptions: readonly OptionSpec[] = [
  { flags: "--limit <n>", about: `rows to show, at most ${pageSizeMax}` },
  { flags: "--offset <n>", about: "rows to pass over" },
];

export function readPage(input: CommandInput): Page {
  return {
    limit: input.integer("limit", { min: 1, max: pageSizeMax }),
    offset: input.integer("offset", { min: 0, max: offsetMax }),
  };
}
