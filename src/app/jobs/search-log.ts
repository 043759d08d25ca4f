import { lineHas } from "../../contracts/ansi.ts";
import type { LogPage } from "../../contracts/api/logs.ts";
import {
  logSearchAnswerBytesMax,
  logSearchBytesMax,
  logSearchLinesMax,
  logSearchMsMax,
} from "../../contracts/limits.ts";
import type { LookedPart, PartQuery } from "../../db/workspaces/log-search.ts";
import type { LogRow } from "../../db/workspaces/logs.ts";
import { logEntry } from "./log-entry.ts";

/** Lines and bytes of one statement, so that neither the database nor this server is long at one of them. */
const partLinesMax = 4_000;
const partBytesMax = 524_288;

export interface SearchInput {
  readonly text: string;
  readonly after: number;
  readonly limit: number;
  /** Aborted when whoever asked has gone: nothing is looked through for nobody. */
  readonly gone?: AbortSignal | undefined;
}

interface SearchDeps {
  readonly monotonicMs: () => number;
  readonly lookAt: (part: PartQuery) => Promise<LookedPart>;
}

/**
 * The lines of a log that have a text, as they are shown: from a cursor on, part by part, until the end of the log or
 * the bound of what one search looks through. Errors: `database_timeout`.
 */
export async function searchLog({ monotonicMs, lookAt }: SearchDeps, input: SearchInput): Promise<LogPage> {
  const text = input.text.toLowerCase();
  const endMs = monotonicMs() + logSearchMsMax;
  const answer = new Answer(input.limit);
  let { after } = input;
  let [lines, bytes, isWhole] = [0, 0, false];
  while (!isWhole && lines < logSearchLinesMax && bytes < logSearchBytesMax) {
    input.gone?.throwIfAborted();
    const linesMax = Math.min(partLinesMax, logSearchLinesMax - lines);
    const part = await lookAt({ text: input.text, after, linesMax, bytesMax: partBytesMax });
    for (const row of part.candidates) if (lineHas(row.line, text)) answer.add(row);
    lines += part.lines;
    bytes += part.bytes;
    after = part.lookedTo ?? after;
    ({ isWhole } = part);
    if (monotonicMs() >= endMs) break;
  }
  const { entries, matches, last } = answer;
  const next = entries.length < matches ? last : isWhole ? null : after;
  return { entries: entries.map(logEntry), found: { matches, isWhole, next } };
}

/** The first lines that were found, as many as fit, and how many there are. */
class Answer {
  readonly entries: LogRow[] = [];
  readonly #limit: number;
  #bytes = 0;
  #isFull = false;
  matches = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get last(): number | null {
    return this.entries.at(-1)?.id ?? null;
  }

  add(row: LogRow): void {
    this.matches += 1;
    this.#bytes += Buffer.byteLength(row.line);
    this.#isFull ||=
      this.entries.length >= this.#limit || (this.entries.length > 0 && this.#bytes > logSearchAnswerBytesMax);
    if (!this.#isFull) this.entries.push(row);
  }
}
