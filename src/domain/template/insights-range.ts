import { parseDay } from "../schedule/schedule-week.ts";

/** Whole days in UTC. */
export interface InsightsRange {
  readonly fromMs: number;
  /** The first instant after it. */
  readonly toMs: number;
  /** Each, such as 2030-01-31. */
  readonly days: readonly string[];
}

export type ParsedRange =
  | { readonly kind: "ok"; readonly range: InsightsRange }
  | { readonly kind: "refused"; readonly field: "from" | "to"; readonly reason: string };

const dayMs = 86_400_000;
const daysUsual = 30;
const insightsDaysMax = 90;

/** The days from `from` to `to`, both included: thirty until today unless said. */
export function insightsRange(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
  nowMs: number,
): ParsedRange {
  const last = asked.to === undefined ? Math.floor(nowMs / dayMs) : parseDay(asked.to);
  if (last === null) return { kind: "refused", field: "to", reason: "it is no day of the calendar" };
  const first = asked.from === undefined ? last - daysUsual + 1 : parseDay(asked.from);
  if (first === null) return { kind: "refused", field: "from", reason: "it is no day of the calendar" };
  if (first > last) return { kind: "refused", field: "from", reason: "it is after the last day" };
  if (first * dayMs > nowMs) return { kind: "refused", field: "from", reason: "it is in the future" };
  if (last - first >= insightsDaysMax) {
    return { kind: "refused", field: "from", reason: `the range has more than ${insightsDaysMax} days` };
  }
  const days = Array.from({ length: last - first + 1 }, (_, at) => dayText((first + at) * dayMs));
  return { kind: "ok", range: { fromMs: first * dayMs, toMs: (last + 1) * dayMs, days } };
}

const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, "2030-01-31".length);

const secretWords = /pass(word|phrase|wd)|secret|token|credential|(api|private|access)[-_ ]?key/i;

/** Whether a parameter's values may be counted before others: not where its name says that it is secret. */
export function isParameterShown(name: string): boolean {
  return !secretWords.test(name);
}
