import { CodedError, isPassingCode } from "../contracts/errors.ts";
import { backoffDelayMs } from "../platform/backoff.ts";
import type { Random } from "../platform/random.ts";
import { sleep } from "../platform/sleep.ts";
import type { DaemonTiming } from "./daemon-timing.ts";

/** Answers that may be others a moment later: the server is away, starting, at fault, or has lost its database. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof CodedError)) return false;
  return isPassingCode(error.code) || error.code === "internal" || error.code === "rate_limited";
}

export interface RetryOptions {
  readonly timing: Pick<DaemonTiming, "retryBaseMs" | "retryCapMs">;
  readonly random: Random;
  /** Ends the tries; the last error is thrown. */
  readonly abort: AbortSignal;
  readonly onRetry?: (error: unknown, delayMs: number) => void;
}

/** Calls the server until it answers. Errors: any answer that will not change, or the last one after `abort`. */
export async function untilAnswered<Value>(call: () => Promise<Value>, options: RetryOptions): Promise<Value> {
  const { timing, random, abort } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isPassing(error) || abort.aborted) throw error;
      const hintMs = error instanceof CodedError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
      const backoffMs = backoffDelayMs({ attempt, baseMs: timing.retryBaseMs, capMs: timing.retryCapMs, random });
      const delayMs = Math.min(Math.max(backoffMs, hintMs), timing.retryCapMs);
      options.onRetry?.(error, delayMs);
      await sleep(delayMs, abort);
      if (abort.aborted) throw error;
    }
  }
}
