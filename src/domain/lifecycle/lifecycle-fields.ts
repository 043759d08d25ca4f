/**
 * What a workspace is given at its creation or claim, and an unclaimed prebuild never has (spec §6). Its deadline
 * follows from it, in the same statement.
 */
export interface LifecycleFields {
  /** How long it runs before it is stopped; null: until somebody stops it. */
  readonly ttlMs: number | null;
  /** A cron with its time zone, as `parseAutostart` reads it; null: it is started by hand alone. */
  readonly autostartSchedule: string | null;
}

/** A workspace that is started and stopped by people alone. */
export const noLifecycleFields: LifecycleFields = { ttlMs: null, autostartSchedule: null };
