import type { Random } from "./random.ts";

/**
 * How long to wait before try number `attempt` (1 = the first repeat): doubling from `baseMs`, never above
 * `capMs`, the upper half of it random so that many waiters do not come back together.
 */
export function backoffDelayMs(options: {
  readonly attempt: number;
  readonly baseMs: number;
  readonly capMs: number;
  readonly random: Random;
}): number {
  const doublings = Math.max(0, Math.floor(options.attempt) - 1);
  const fullMs = Math.min(options.capMs, options.baseMs * 2 ** Math.min(doublings, 52));
  return fullMs / 2 + (options.random.float() * fullMs) / 2;
}
