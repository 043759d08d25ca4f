import type { LogEntry } from "../../../contracts/api/logs.ts";
import { lineHas } from "../../../contracts/ansi.ts";

export interface LogLine {
  readonly id: number;
  readonly atMs: number;
  readonly level: string;
  readonly stage: string;
  readonly line: string;
}

/** Lines of a page of a log. */
export const pageLines = 2_000;
/** Lines in memory at once. Those that were looked at longest ago are asked for again. */
export const linesHeldMax = 200_000;

export type FetchLog = (query: { readonly after: number; readonly limit: number }) => Promise<readonly LogEntry[]>;

interface LogPage {
  /** Cursor before its first line. */
  readonly after: number;
  count: number;
  /** Null once they were let go. */
  lines: LogLine[] | null;
}

/**
 * The lines of a log that only grows, in pages of `pageLines`: read by cursor from the beginning, so that each line has
 * its number. What is seen is told to whoever subscribed; `version` counts the changes.
 */
export class LogLines {
  readonly #fetch: FetchLog;
  readonly #pages: LogPage[] = [];
  readonly #words = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  readonly #recent: number[] = [];
  #cursor = 0;
  #reading: Promise<void> | null = null;
  #isAskedAgain = false;
  /** When its first line was written. */
  firstMs = 0;
  version = 0;
  count = 0;
  /** Number of the first line that says an error, from 1; null while there is none. */
  firstError: number | null = null;

  constructor(fetch: FetchLog) {
    this.#fetch = fetch;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Reads what is new, to the end. Two who ask at once are answered by one reading, which looks once more. */
  async readOn(): Promise<void> {
    this.#isAskedAgain = true;
    this.#reading ??= this.#readToEnd().finally(() => (this.#reading = null));
    await this.#reading;
  }

  async #readToEnd(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      for (;;) {
        const last = this.#pages.at(-1);
        const room = last === undefined || last.count >= pageLines ? pageLines : pageLines - last.count;
        const entries = await this.#fetch({ after: this.#cursor, limit: room });
        if (entries.length > 0) this.#append(entries);
        if (entries.length < room) break;
      }
    }
  }

  /** Whether all lines that were read are in memory. */
  get isWhole(): boolean {
    return this.#recent.length === this.#pages.length;
  }

  /** The number of the line of a cursor, whose page is in memory then; null where it is gone. Errors: those of the route. */
  async numberOf(id: number): Promise<number | null> {
    if (id > this.#cursor) await this.readOn();
    const at = this.#pages.findLastIndex(({ after }) => after < id);
    if (at < 0) return null;
    await this.hold(at * pageLines + 1, at * pageLines + 1);
    const place = this.#pages[at]?.lines?.findIndex((line) => line.id === id) ?? -1;
    return place < 0 ? null : at * pageLines + place + 1;
  }

  /** The line of this number, from 1; undefined while it is not in memory, which `hold` changes. */
  lineAt(number: number): LogLine | undefined {
    return this.#pages[pageOf(number)]?.lines?.[(number - 1) % pageLines];
  }

  /** Has the pages of these lines in memory, as what was looked at last. Errors: those of the route. */
  async hold(first: number, last: number): Promise<void> {
    for (let at = pageOf(first); at <= pageOf(Math.min(last, this.count)); at += 1) {
      const page = this.#pages[at];
      if (page === undefined) return;
      this.#touch(at);
      if (page.lines !== null) continue;
      const entries = await this.#fetch({ after: page.after, limit: page.count });
      page.lines = entries.map((entry) => this.#lineOf(entry));
      this.#letGo();
      this.#told();
    }
  }

  #append(entries: readonly LogEntry[]): void {
    const last = this.#pages.at(-1);
    const isNew = last === undefined || last.count >= pageLines;
    const page: LogPage = isNew ? { after: this.#cursor, count: 0, lines: [] } : last;
    if (isNew) this.#pages.push(page);
    for (const entry of entries) {
      page.lines?.push(this.#lineOf(entry));
      page.count += 1;
      this.count += 1;
      if (this.count === 1) this.firstMs = Date.parse(entry.at);
      if (this.firstError === null && entry.level === "error") this.firstError = this.count;
    }
    this.#cursor = entries.at(-1)?.id ?? this.#cursor;
    this.#touch(this.#pages.length - 1);
    this.#letGo();
    this.#told();
  }

  /** Each level and stage once, not once a line. */
  #lineOf({ id, at, level, stage, line }: LogEntry): LogLine {
    return { id, atMs: Date.parse(at), level: this.#word(level), stage: this.#word(stage), line };
  }

  #word(text: string): string {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    this.#words.set(text, text);
    return text;
  }

  #touch(at: number): void {
    const place = this.#recent.indexOf(at);
    if (place >= 0) this.#recent.splice(place, 1);
    this.#recent.push(at);
  }

  #letGo(): void {
    while (this.#recent.length * pageLines > linesHeldMax) {
      const page = this.#pages[this.#recent.shift() ?? 0];
      if (page !== undefined) page.lines = null;
    }
  }

  #told(): void {
    this.version += 1;
    for (const listener of this.#listeners) listener();
  }
}

const pageOf = (number: number): number => Math.floor((number - 1) / pageLines);

/** Which lines have a text, whatever its case: looked for once a line, as they come. */
export class LineSearch {
  readonly #log: LogLines;
  readonly #needle: string;
  #looked = 0;
  /** Their numbers, from 1. */
  readonly found: number[] = [];
  /** Their cursors, in the same order. */
  readonly ids: number[] = [];

  constructor(log: LogLines, needle: string) {
    this.#log = log;
    this.#needle = needle.toLowerCase();
  }

  /** Looks through the lines that have come since; those that are not in memory are passed over. */
  lookOn(): readonly number[] {
    if (this.#needle === "") return this.found;
    for (; this.#looked < this.#log.count; this.#looked += 1) {
      const line = this.#log.lineAt(this.#looked + 1);
      if (line === undefined || !lineHas(line.line, this.#needle)) continue;
      this.found.push(this.#looked + 1);
      this.ids.push(line.id);
    }
    return this.found;
  }
}
