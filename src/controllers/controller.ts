import type { Topic } from "../contracts/news.ts";

/** What one run did, for its status and the log. `skipped`: another server is at it. */
export interface RunReport {
  readonly outcome: "ok" | "skipped";
  readonly fields: Readonly<Record<string, unknown>>;
  /** Asks for a run this soon, where that is before the period's end and no news will tell. */
  readonly againAfterMs?: number;
}

/** Above what the longest statement may take, and its client's wait beyond that. */
export const runMsMaxUnlessSaid = 150_000;
/** For what works through much in many statements: what is left then is the next run's. */
export const longRunMsMax = 600_000;

/**
 * A loop of the server: load, decide, apply, report. It takes no input, so that a wake-up and a period run the same
 * code, and does not retry inside: the next run is the retry.
 */
export interface Controller {
  readonly name: string;
  /** Longest time between two runs. */
  readonly intervalMs: number;
  /** News after which it runs at once. */
  readonly topics: readonly Topic[];
  /** The shortest rest under steady news, where nobody waits for what it does. */
  readonly restMsMin?: number;
  /** Whether long runs put the next one off: for what looks through much, and that nobody waits for. */
  readonly mayWait?: boolean;
  /** Longest run, `runMsMaxUnlessSaid` unless said. One that takes longer is told to stop, and shown as hung. */
  readonly runMsMax?: number;
  /** `shouldStop` tells a long run that the server is stopping, or that it has taken longer than it may. */
  run(shouldStop: AbortSignal): Promise<RunReport>;
  /** Called once after the last run. */
  release?(): Promise<void>;
}
