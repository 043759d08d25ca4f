import { CodedError } from "../../src/contracts/errors.ts";

/** How a request ended, as its caller sees it. */
export type Outcome =
  /** Answered as asked. */
  | "ok"
  /** Answered with a coded refusal that its state explains. */
  | "refused"
  /** Answered that it cannot be done now: may be tried again. */
  | "unavailable"
  /** No answer: it may have been done. */
  | "unanswered"
  /** The server says that it is its own fault. */
  | "fault";

const unavailable = new Set([
  "database_unavailable",
  "database_timeout",
  "too_many_waiters",
  "rate_limited",
  "capacity",
]);

/** What an error of the client means, and its code. */
export function outcomeOf(error: unknown): { readonly outcome: Outcome; readonly code: string } {
  if (!(error instanceof CodedError)) return { outcome: "unanswered", code: nameOf(error) };
  // The client says so when there was no answer at all.
  if (error.code === "transient") return { outcome: "unanswered", code: "transient" };
  if (error.code === "internal") return { outcome: "fault", code: error.message };
  return { outcome: unavailable.has(error.code) ? "unavailable" : "refused", code: error.code };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

/** Whether the request may not have been done, so that it is to be sent again. */
export function isWorthRetrying(outcome: Outcome): boolean {
  return outcome === "unavailable" || outcome === "unanswered" || outcome === "fault";
}

interface Sample {
  readonly kind: string;
  readonly outcome: Outcome;
  readonly ms: number;
  readonly isCalm: boolean;
}

export interface RequestRow {
  readonly kind: string;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Of those that were answered as asked; null when there were none. Calm: while no fault was under way. */
  readonly calmP50Ms: number | null;
  readonly calmP99Ms: number | null;
  readonly faultP50Ms: number | null;
  readonly faultP99Ms: number | null;
}

/** The requests' outcomes and latencies. */
export class Tally {
  readonly #samples: Sample[] = [];

  add(sample: Sample): void {
    this.#samples.push(sample);
  }

  count(outcome: Outcome): number {
    return this.#samples.filter((sample) => sample.outcome === outcome).length;
  }

  get total(): number {
    return this.#samples.length;
  }

  rows(): readonly RequestRow[] {
    const kinds = [...new Set(this.#samples.map((sample) => sample.kind))].sort();
    return kinds.map((kind) => {
      const samples = this.#samples.filter((sample) => sample.kind === kind);
      const count = (outcome: Outcome): number => samples.filter((sample) => sample.outcome === outcome).length;
      const times = (isCalm: boolean): readonly number[] =>
        samples.filter((one) => one.outcome === "ok" && one.isCalm === isCalm).map((one) => one.ms);
      return {
        kind,
        counts: {
          ok: count("ok"),
          refused: count("refused"),
          unavailable: count("unavailable"),
          unanswered: count("unanswered"),
          fault: count("fault"),
        },
        calmP50Ms: percentile(times(true), 0.5),
        calmP99Ms: percentile(times(true), 0.99),
        faultP50Ms: percentile(times(false), 0.5),
        faultP99Ms: percentile(times(false), 0.99),
      };
    });
  }
}

/** Nearest rank; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
