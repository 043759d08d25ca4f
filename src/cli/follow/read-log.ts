import type { LogEntry } from "../../contracts/api/logs.ts";

const pageEntries = 2_000;
/** Pages of one reading; more than the server keeps of any log. */
const pagesMax = 100;

type ReadPage = (query: {
  readonly after: number;
  readonly limit: number;
}) => Promise<{ readonly entries: readonly LogEntry[] }>;

/** Hands on what a log holds after a cursor, page by page; answers the new cursor. */
export async function readLog(
  readPage: ReadPage,
  options: { readonly after?: number; readonly onEntry: (entry: LogEntry) => void },
): Promise<number> {
  let after = options.after ?? 0;
  for (let page = 0; page < pagesMax; page += 1) {
    const { entries } = await readPage({ after, limit: pageEntries });
    for (const entry of entries) {
      after = Math.max(after, entry.id);
      options.onEntry(entry);
    }
    if (entries.length < pageEntries) break;
  }
  return after;
}
