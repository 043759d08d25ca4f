/** Since when somebody has looked without a break, and when he looked last. Instants in milliseconds. */
export interface Watch {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/**
 * Goes on watching, or begins anew after a break. An agent that was away while no server could have taken its call (a
 * restart, a database that was gone, a machine that slept) says nothing about its workspace.
 */
export function keepWatching(before: Watch | null, nowMs: number, breakMs: number): Watch {
  const goesOn = before !== null && nowMs >= before.lastMs && nowMs - before.lastMs <= breakMs;
  return { sinceMs: goesOn ? before.sinceMs : nowMs, lastMs: nowMs };
}

/**
 * An agent that has been disconnected since this instant or longer is lost; null while nobody has watched for long
 * enough to tell.
 */
export function lostSince(watch: Watch, lostAfterMs: number): number | null {
  const sinceMs = watch.lastMs - lostAfterMs;
  return watch.sinceMs <= sinceMs ? sinceMs : null;
}
