import { keepWatching, type Watch } from "./unbroken-watch.ts";

/** What the database says of a server: when it was seen last, or null where nothing is known of it but its agents. */
export interface SeenServer {
  readonly id: string;
  readonly seenAtMs: number | null;
}

/** What a server has seen of the others so far. Instants are of the database's clock. */
export interface ServerWatch {
  readonly own: Watch;
  /** The others, each with the instant since which it has not been seen anew. */
  readonly silent: ReadonlyMap<string, { readonly seenAtMs: number | null; readonly sinceMs: number }>;
}

export interface WatchLimits {
  /** Looks this far apart are a break: the database, this server or its machine was away, and the others may have been too. */
  readonly breakMs: number;
  /** A server that was watched for so long without being seen anew is dead. */
  readonly lostMs: number;
}

/**
 * Looks at the other servers once more. One is dead only after it was watched in silence for `lostMs` without a break:
 * what stands in the database after an outage is old for everybody, and says nothing about who will be back first. One
 * whose last word lies ahead, after the database's clock was set back, is not dead before that instant has passed.
 */
export function watchServers(
  before: ServerWatch | null,
  seen: readonly SeenServer[],
  at: { readonly nowMs: number; readonly limits: WatchLimits },
): { readonly watch: ServerWatch; readonly dead: readonly string[] } {
  const { nowMs, limits } = at;
  const own = keepWatching(before?.own ?? null, nowMs, limits.breakMs);
  const known = own.sinceMs === nowMs ? undefined : before?.silent;
  const silent = new Map(
    seen.map(({ id, seenAtMs }) => {
      const last = known?.get(id);
      const isSilent = last !== undefined && last.seenAtMs === seenAtMs;
      return [id, { seenAtMs, sinceMs: isSilent ? last.sinceMs : nowMs }] as const;
    }),
  );
  const dead = seen.filter(
    ({ id, seenAtMs }) =>
      nowMs - (silent.get(id)?.sinceMs ?? nowMs) >= limits.lostMs &&
      (seenAtMs === null || nowMs - seenAtMs >= limits.lostMs),
  );
  return { watch: { own, silent }, dead: dead.map(({ id }) => id) };
}
