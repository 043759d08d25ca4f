/** Since when somebody has looked without a break, and when he looked last. Instants in milliseconds. */
export interface Watch {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/**
 * Goes on watching, or begins anew after a break. Who was silent while no server could have heard him (a restart, a
 * database that was gone, a machine that slept) has not thereby shown that he is gone.
 */
export function keepWatching(before: Watch | null, nowMs: number, breakMs: number): Watch {
  const goesOn = before !== null && nowMs >= before.lastMs && nowMs - before.lastMs <= breakMs;
  return { sinceMs: goesOn ? before.sinceMs : nowMs, lastMs: nowMs };
}

/** Whether somebody has now watched without a break for so long. */
export function hasWatched(watch: Watch, forMs: number): boolean {
  return watch.lastMs - watch.sinceMs >= forMs;
}

/**
 * An agent that has been disconnected since this instant or longer is lost; null while nobody has watched for long
 * enough to tell.
 */
export function lostSince(watch: Watch, lostAfterMs: number): number | null {
  return hasWatched(watch, lostAfterMs) ? watch.lastMs - lostAfterMs : null;
}
