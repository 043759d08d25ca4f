import { CodedError } from "../contracts/errors.ts";

const windowMs = 60_000;
/** People who are counted at once; beyond it all counts begin anew. */
const countedMax = 50_000;

/** How many streams and commands each person opened in the present minute. */
export class Openings {
  readonly #max: number;
  readonly #monotonicMs: () => number;
  readonly #counts = new Map<string, number>();
  #sinceMs: number;

  /** @param max of one person in a minute; 0: as many as he likes. */
  constructor(max: number, monotonicMs: () => number = () => performance.now()) {
    this.#max = max;
    this.#monotonicMs = monotonicMs;
    this.#sinceMs = monotonicMs();
  }

  /** One more. Errors: `rate_limited`. */
  count(person: string): void {
    if (this.#max === 0) return;
    const sinceMs = this.#monotonicMs() - this.#sinceMs;
    if (sinceMs >= windowMs || this.#counts.size >= countedMax) {
      this.#counts.clear();
      this.#sinceMs += sinceMs;
    }
    const count = (this.#counts.get(person) ?? 0) + 1;
    this.#counts.set(person, count);
    if (count <= this.#max) return;
    const left = this.#sinceMs + windowMs - this.#monotonicMs();
    const message = `You have opened ${this.#max} streams, commands and addresses of apps within a minute on this server, as many as one person may (\`http.openings_per_minute\`).`;
    throw new CodedError("rate_limited", message, { retryAfterSeconds: Math.max(1, Math.ceil(left / 1_000)) });
  }

  /** The last one was none. */
  takeBack(person: string): void {
    const count = this.#counts.get(person) ?? 0;
    if (count > 0) this.#counts.set(person, count - 1);
  }
}
