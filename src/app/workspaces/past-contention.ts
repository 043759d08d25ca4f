import { sleep } from "../../platform/sleep.ts";
import type { Missed } from "./creation.ts";

/**
 * Between looks at a pool whose ready prebuilds others hold locked: a few milliseconds, which is what a lock lasts. It may
 * be another claim's, after which the pool is empty, or that of news of the prebuild's own agent, after which it is free.
 */
const pausesMs = [5, 20, 75] as const;

/**
 * Looks until the pool's answer is another one than `contended`, or `pausesMs` are over: nobody waits minutes for a
 * build because the prebuild that is there was locked for a moment.
 *
 * @param look isLast: what it finds is final
 * Errors: those of `look`; the reason of `gone`, when nobody is there any more to have what would be claimed.
 */
export async function pastContention<Found extends { readonly kind: string }>(
  look: (isLast: boolean) => Promise<Found | Missed>,
  gone?: AbortSignal,
): Promise<Found | Missed> {
  for (const pauseMs of pausesMs) {
    const found = await look(false);
    if (!isContended(found)) return found;
    await sleep(pauseMs, gone);
    gone?.throwIfAborted();
  }
  return await look(true);
}

const isContended = (found: { readonly kind: string } | Missed): boolean =>
  found.kind === "missed" && "reason" in found && found.reason === "contended";
