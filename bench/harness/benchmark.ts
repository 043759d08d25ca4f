import type { BenchPostgres } from "./bench-postgres.ts";

/** One line of a benchmark's table. Units are in the names of the values: `p99Ms`, `perSecond`. */
export interface Row {
  readonly case: string;
  readonly values: Readonly<Record<string, number | string>>;
}

/** What was to come out, and what did. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export interface Outcome {
  /** In a sentence or two: what ran on what, so that the figures can be understood without the source. */
  readonly setup: string;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
}

export interface BenchContext {
  /** Sizes of seconds in place of the real ones: shows that the benchmark works, and nothing about speed. */
  readonly isSmall: boolean;
  readonly postgres: BenchPostgres;
  /** Says what is being done. */
  say(message: string): void;
}

export interface Benchmark {
  readonly id: string;
  readonly title: string;
  run(context: BenchContext): Promise<Outcome>;
}

/** A target of the form "at most `limit`". */
export function atMost(what: string, measured: number, limit: number, unit: string): Target {
  const isMet = measured <= limit;
  return { what, wanted: `≤ ${limit} ${unit}`.trim(), measured: `${rounded(measured)} ${unit}`.trim(), isMet };
}

/** A target of the form "at least `limit`". */
export function atLeast(what: string, measured: number, limit: number, unit: string): Target {
  const isMet = measured >= limit;
  return { what, wanted: `≥ ${limit} ${unit}`.trim(), measured: `${rounded(measured)} ${unit}`.trim(), isMet };
}

/** Three significant digits below 1,000, whole numbers above: more would be noise. */
export function rounded(value: number): number {
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
}
