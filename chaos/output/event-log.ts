import { appendFileSync } from "node:fs";

export interface Violation {
  /** Since the beginning of the run. */
  readonly atMs: number;
  /** Which promise is broken: an invariant such as `I1`, or a requirement's name. */
  readonly promise: string;
  readonly what: string;
  readonly evidence: unknown;
  /** The faults that were under way, or the last that were. */
  readonly faults: readonly string[];
}

/** Everything that happens, as lines of JSON, with the time since the run's beginning. */
export class EventLog {
  readonly violations: Violation[] = [];
  readonly #file: string;
  readonly #begunMs = performance.now();
  readonly #seen = new Set<string>();
  #faults: readonly string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#begunMs);
  }

  /** An instant of `performance.now()` on the log's clock. */
  at(performanceMs: number): number {
    return Math.round(performanceMs - this.#begunMs);
  }

  write(event: string, fields: Readonly<Record<string, unknown>>): void {
    appendFileSync(this.#file, `${JSON.stringify({ atMs: this.elapsedMs, event, ...fields })}\n`);
  }

  /** The faults that what is noted from now on has to do with. */
  setFaults(faults: readonly string[]): void {
    this.#faults = faults;
  }

  /** Notes a broken promise; the same one is noted once. @param about what tells it from others of the promise */
  violation(promise: string, about: string, given: { readonly what: string; readonly evidence: unknown }): void {
    if (this.#seen.has(`${promise} ${about}`)) return;
    this.#seen.add(`${promise} ${about}`);
    const violation = { atMs: this.elapsedMs, promise, ...given, faults: this.#faults };
    this.violations.push(violation);
    this.write("violation", violation);
    process.stdout.write(`VIOLATION at ${Math.round(violation.atMs / 1_000)} s: ${promise}: ${given.what}\n`);
  }
}
