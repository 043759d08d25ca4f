/** Presets of a template version as they are published (spec §1). Plain data. */
import type { ParameterValues } from "./parameter-definition.ts";

/** A wanted count for a continuous range of time, `* HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK` (spec §1.1). */
export interface ScheduleDefinition {
  readonly cron: string;
  readonly instances: number;
}

/** Schedules, all read in one IANA time zone. */
export interface SchedulingDefinition {
  readonly timezone: string;
  readonly schedule: readonly ScheduleDefinition[];
}

/** The pool of a preset. */
export interface PrebuildsDefinition {
  /** How many unclaimed prebuilds to keep; 0 is a pool too. Missing is refused at the publish. */
  readonly instances?: number;
  /** `ttlSeconds`: 0 = never, else 3600…31,536,000. */
  readonly expirationPolicy?: { readonly ttlSeconds: number };
  readonly scheduling?: SchedulingDefinition;
}

/** A named set of parameter values of one template version. */
export interface PresetDefinition {
  readonly name: string;
  readonly description?: string;
  readonly icon?: string;
  readonly isDefault?: boolean;
  readonly parameters: ParameterValues;
  /** Absent: a preset without a pool. */
  readonly prebuilds?: PrebuildsDefinition;
}
