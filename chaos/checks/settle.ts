import { sleep } from "../../src/platform/sleep.ts";
import type { EventLog } from "../output/event-log.ts";
import type { Finding, Requirement } from "./finding.ts";

const pollMs = 1_000;

/** The longest time that each requirement took to be met, over the run. */
export class RecoveryTimes {
  readonly #longest = new Map<string, number>();

  add(promise: string, ms: number): void {
    this.#longest.set(promise, Math.max(ms, this.#longest.get(promise) ?? 0));
  }

  rows(): readonly (readonly [promise: string, ms: number])[] {
    return [...this.#longest];
  }
}

/**
 * Asks for every requirement until it is met or too late, which is a violation.
 * @param sinceMs since when nothing is wrong and nobody asks for anything, by the log's clock
 */
export async function settle(
  requirements: readonly Requirement[],
  given: {
    readonly log: EventLog;
    readonly sinceMs: number;
    readonly times: RecoveryTimes;
    /** Whether there is something beside the requirements that one has to wait for. */
    readonly isInOrder: () => boolean;
    readonly limitMs: number;
    /** Told what is still waited for, for people. */
    readonly onWait: (what: string) => void;
  },
): Promise<void> {
  const { log, sinceMs, times } = given;
  const left = new Set(requirements);
  const waited = new Map<string, string>();
  while (left.size > 0 || !given.isInOrder()) {
    for (const requirement of left) {
      const findings = await look(requirement);
      const ms = log.elapsedMs - sinceMs;
      const [first] = findings;
      if (first !== undefined) waited.set(requirement.promise, first.what);
      if (findings.length === 0) {
        left.delete(requirement);
        times.add(requirement.promise, ms);
      } else if (ms > requirement.withinMs) {
        left.delete(requirement);
        times.add(requirement.promise, ms);
        for (const { about, what, evidence } of findings) {
          log.violation(requirement.promise, about, {
            what: `${what}, ${Math.round(ms / 1_000)} s after everything was in order`,
            evidence,
          });
        }
      }
    }
    if (log.elapsedMs - sinceMs > given.limitMs) break;
    given.onWait([...left].map(({ promise }) => waited.get(promise) ?? promise).join("; "));
    await sleep(pollMs);
  }
  log.write("at rest", { afterMs: log.elapsedMs - sinceMs, waitedFor: Object.fromEntries(waited) });
}

async function look(requirement: Requirement): Promise<readonly Finding[]> {
  try {
    return await requirement.look();
  } catch (error) {
    return [{ about: "the look itself", what: `it could not be looked at: ${String(error)}`, evidence: null }];
  }
}
