/** What a workspace is given at its creation or claim, and an unclaimed prebuild never has (spec §6). */
export interface LifecycleFields {
  /** How long it runs before it is stopped; null: until somebody stops it. */
  readonly ttlMs: number | null;
  /** A cron with its time zone, as `parseAutostart` reads it; null: it is started by hand alone. */
  readonly autostartSchedule: string | null;
  /** When it is stopped unless it is used; null: never. */
  readonly deadlineAt: Date | null;
}

/** A workspace that is started and stopped by people alone. */
export const noLifecycleFields: LifecycleFields = { ttlMs: null, autostartSchedule: null, deadlineAt: null };
