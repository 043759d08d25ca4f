const dayMs = 86_400_000;

/** How much history is kept: what an operator chooses. */
export interface RetentionKeeps {
  /** After its deletion, a workspace with all that hangs on it. */
  readonly workspacesMs: number;
  /** Newest builds of a living workspace. */
  readonly buildsMax: number;
  /** After it was replaced, a template version that nothing uses; after its deletion, a template. */
  readonly versionsMs: number;
  /** Newest versions of a template, used or not. */
  readonly versionsMax: number;
  /** After it was heard of last, a daemon whose work is all gone. */
  readonly daemonsMs: number;
  /** Demand by the hour. */
  readonly demandMs: number;
  readonly auditMs: number;
  /** As the pools' backoff looks back: failures within it stay, whatever else is due. */
  readonly backoffLookbackMs: number;
}

/** Each creation by itself. Then its hour's sums are what is left. */
const outcomesKeepMs = 14 * dayMs;
export const tokensKeepMs = 7 * dayMs;
export const daemonKeysKeepMs = 90 * dayMs;
export const formEvaluationsKeepMs = 600_000;
export const deliveredKeepMs = 14 * dayMs;
export const notificationsKeepMs = 180 * dayMs;
/** Files that no version names: longer than a push takes from the file to its version. */
export const filesKeepMs = dayMs;

/** An outcome names a workspace, a preset and a template, so it goes before any of them can. */
export function outcomesKeptMs(keeps: RetentionKeeps): number {
  return Math.min(outcomesKeepMs, keeps.workspacesMs, keeps.versionsMs);
}

export function before(now: Date, keptMs: number): Date {
  return new Date(now.getTime() - keptMs);
}
