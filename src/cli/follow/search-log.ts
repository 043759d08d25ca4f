import type { LogEntry, LogPage } from "../../contracts/api/logs.ts";
import { logSearchTextLengthMax } from "../../contracts/limits.ts";
import type { CommandInput } from "../command-input.ts";
import type { Output } from "../output/output.ts";

const pageEntries = 1_000;
/** Questions of one command, each of which the server bounds. */
const pagesMax = 50;

export const searchOption = {
  flags: "--search <text>",
  about: "only lines that have this text, whatever its case",
} as const;

/** The text of `--search`, which does not go with `--follow`. */
export function readSearch(input: CommandInput): string | undefined {
  const text = input.text("search");
  if (text === undefined) return undefined;
  if (input.isOn("follow")) input.refuse("--search and --follow do not go together: a search looks at what is there.");
  if (text.length <= logSearchTextLengthMax) return text;
  return input.refuse(`--search is ${text.length} characters long; it may have ${logSearchTextLengthMax}.`);
}

type SearchPage = (query: {
  readonly after: number;
  readonly limit: number;
  readonly search: string;
}) => Promise<LogPage>;

/** Hands on the lines of a log that have a text; answers whether all of the log was looked through. */
export async function searchLog(
  searchPage: SearchPage,
  { search, onEntry }: { readonly search: string; readonly onEntry: (entry: LogEntry) => void },
): Promise<boolean> {
  let after = 0;
  for (let page = 0; page < pagesMax; page += 1) {
    const { entries, found } = await searchPage({ after, limit: pageEntries, search });
    for (const entry of entries) onEntry(entry);
    const next = found?.next ?? null;
    if (next === null) return true;
    after = next;
  }
  return false;
}

/** What is said of a search beside its lines. */
export function noteSearch(output: Output, { found, isWhole }: { readonly found: number; readonly isWhole: boolean }) {
  if (!isWhole)
    output.progress("The log is longer than one search looks through: there may be more lines that have it.");
  else if (found === 0) output.progress("No line of the log has that text.");
}
