/**
 * What is known of one pool at one instant. Everything that a decision looks at is in here, the clock
 * included: all instants are milliseconds since the epoch, possibly with a fraction.
 */
import type { OrganizationId, PresetId, TemplateId, TemplateVersionId, WorkspaceId } from "../../contracts/ids.ts";
import type { ScheduleDefinition } from "../../contracts/preset-definition.ts";
import type { LedgerState } from "../../contracts/states.ts";
import type { LastFailure } from "./last-failure.ts";

export interface PresetSnapshot {
  readonly presetId: PresetId;
  readonly presetName: string;
  readonly templateId: TemplateId;
  readonly templateName: string;
  readonly organizationId: OrganizationId;
  readonly organizationName: string;
  readonly templateVersionId: TemplateVersionId;
  /** Whether the version is the template's active one. The preset is active when the template is also in use. */
  readonly versionIsActive: boolean;
  readonly templateDeleted: boolean;
  readonly templateDeprecated: boolean;
  /** Base count; null: the preset has no pool and wants none. */
  readonly instances: number | null;
  /** Null or 0: prebuilds never expire by age. */
  readonly ttlMs: number | null;
  readonly timezone: string | null;
  readonly schedules: readonly ScheduleDefinition[];
  /** Prebuilds created strictly before this are expired. */
  readonly invalidatedAt: number | null;
  readonly validationFailedAt: number | null;
  readonly validationMessage: string | null;
  readonly rollout: "replace" | "surge";
  /** Why the claim rehearsal blocks the pool (`on_replacement: block`); null or absent when it does not. */
  readonly blockedByRehearsal?: string | null;
  /** Whether nothing is handed out until a rehearsal has shown what a claim does (`on_replacement: block`). */
  readonly isUnproven?: boolean;
  /** Whether people were told that it is hard-limited, and not yet that it has recovered. Decides nothing. */
  readonly isHardLimitNoted?: boolean;
  /**
   * Template admins were told that the pool of this name is hard-limited when an earlier version was active. Over: a
   * build of this version has succeeded.
   */
  readonly earlierHardLimit?: { readonly isOver: boolean };
}

/**
 * State of an unclaimed prebuild. The loop acts on the first three; the others are only counted, and a
 * loader may leave failed and parked ones out.
 */
export type PrebuildState = Exclude<LedgerState, "claimed" | "deleted">;

export interface LivePrebuild {
  readonly workspaceId: WorkspaceId;
  /** Compared when the plan is applied, so that a prebuild claimed in between is left alone. */
  readonly generation: number;
  readonly state: PrebuildState;
  readonly createdAt: number;
  readonly readyAt: number | null;
  /** Whether the latest build is the first, a start, and no daemon has taken its job yet. */
  readonly hasPendingFirstBuildJob: boolean;
}

/** A finished first build of the pool. Cancelled ones are left out: nobody can tell what they would have become. */
export interface CompletedBuild {
  readonly createdAt: number;
  readonly completedAt: number;
  /** `abandoned`: its daemon was lost. That counts towards backoff and says nothing of the template. */
  readonly result: "succeeded" | "failed" | "abandoned";
  /** Whether the prebuild was claimed since; false when absent. Backoff looks at unclaimed ones only. */
  readonly isClaimed?: boolean;
}

export interface BuildHistory {
  /**
   * Newest first by creation, of the active version, since an administrator last resumed the preset. At least the newest max(1, desired, `failureHardLimit`) of them, where there are so many.
   */
  readonly completed: readonly CompletedBuild[];
  /** Failures within the look-back window, when the loader counted them; else they are counted from `completed`. */
  readonly failuresInWindow?: { readonly count: number; readonly newestCreatedAt: number };
}

/** Settings of the deployment that decisions depend on (spec §10). */
export interface PoolPolicy {
  readonly backoffIntervalMs: number;
  readonly backoffLookbackMs: number;
  /** 0 switches the hard limit off. */
  readonly failureHardLimit: number;
  /** Cool-down of a hard-limited preset, from its newest failure to the next single try. */
  readonly probeIntervalMs: number;
  /** Most first builds of one preset that are pending or running; 0 = no limit. */
  readonly inFlightPerPresetMax: number;
  readonly paused: boolean;
  readonly disabled: boolean;
}

/** How far the replacement of an outdated preset has come, under the rollout strategy `surge` (spec §3.3). */
export interface SurgeProgress {
  /** Eligible prebuilds of the preset of the same name in the active version. */
  readonly replacementsReady: number;
  readonly replacementsDesired: number;
  /** When the version that replaces this one became active. */
  readonly startedAt: number;
  readonly maxOutdatedAgeMs: number;
  /** Whether the replacement's creates fail; a roll that gets nothing ready is then reported as stalled. */
  readonly replacementHealth?: "healthy" | "hard_limited" | "validation_failed";
}

export interface PoolSnapshot {
  readonly preset: PresetSnapshot;
  readonly prebuilds: readonly LivePrebuild[];
  readonly history: BuildHistory;
  readonly now: number;
  readonly policy: PoolPolicy;
  /** For saying why creates are held; where the loader found a failure that counts. */
  readonly lastFailure?: LastFailure;
  /** Only for an outdated preset of a template with `surge`, whose active version has a preset of the same name. */
  readonly surge?: SurgeProgress;
}

/** A preset is active when its version is and its template is neither deleted nor deprecated (spec §1). */
export function isActivePreset(preset: PresetSnapshot): boolean {
  return preset.versionIsActive && !preset.templateDeleted && !preset.templateDeprecated;
}
