import { leasePollMsMax } from "../contracts/limits.ts";

/** Every wait and limit of a daemon. */
export interface DaemonTiming {
  /** How long the server may hold a call for a job open. */
  readonly leaseWaitMs: number;
  /** Between tries while the server is away. */
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  /** Log lines wait this long for company. */
  readonly logFlushMs: number;
  /** How long a driver may take to stop once its work was aborted. */
  readonly abortGraceMs: number;
  /** How long a finished job's result is offered to a server that is away. The server refuses it when it is too late. */
  readonly reportMs: number;
  /** How long a daemon that stops tries to tell the server so; then it goes, and the server takes it for lost later. */
  readonly signOffMs: number;
  /** Between two looks at everything that exists. */
  readonly sweepMs: number;
  readonly sweepLimitMs: number;
  /** Longest time for a job, by what it does. */
  readonly limitMs: Readonly<Record<"import" | "start" | "stop" | "delete", number>>;
}

const minuteMs = 60_000;

export const daemonTiming: DaemonTiming = {
  leaseWaitMs: leasePollMsMax,
  retryBaseMs: 100,
  retryCapMs: 5_000,
  logFlushMs: 200,
  abortGraceMs: 30_000,
  reportMs: 10 * minuteMs,
  signOffMs: 5_000,
  sweepMs: minuteMs,
  sweepLimitMs: 5 * minuteMs,
  limitMs: { import: 5 * minuteMs, start: 30 * minuteMs, stop: 10 * minuteMs, delete: 30 * minuteMs },
};
