import { changeHorizonDefaultMs, type DesiredChange, nextChange } from "../schedule/next-change.ts";
import { describeScheduleError } from "../schedule/schedule-error.ts";
import type { LastFailure } from "./last-failure.ts";
import type { PoolPlan } from "./pool-plan.ts";
import {
  isActivePreset,
  type PoolPolicy,
  type PoolSnapshot,
  type PresetSnapshot,
  type SurgeProgress,
} from "./pool-snapshot.ts";

/** What a decision looked at, besides the prebuilds, which are in the numbers. */
export interface DecisionInputs {
  readonly isActive: boolean;
  readonly instances: number | null;
  readonly ttlMs: number | null;
  readonly timezone: string | null;
  readonly schedules: PresetSnapshot["schedules"];
  readonly invalidatedAt: number | null;
  readonly completedBuilds: number;
  readonly failedBuilds: number;
  readonly policy: PoolPolicy;
  readonly surge: SurgeProgress | null;
  /** Absent in records of the release before. */
  readonly lastFailure?: LastFailure | null;
}

/** Why a pool was treated as it was, for storing and for people. Plain JSON; `formatVersion` names its shape. */
export interface DecisionRecord extends PoolPlan {
  readonly formatVersion: 1;
  readonly presetName: string;
  readonly templateName: string;
  readonly organizationName: string;
  readonly decidedAt: number;
  readonly inputs: DecisionInputs;
  /** The schedules' fault in words, or null. */
  readonly scheduleFault: string | null;
  /** When another count is wanted next, within `changeHorizonDefaultMs`; null when none is. */
  readonly nextChange: DesiredChange | null;
}

/** The record of a decision. `plan` is what `decidePool` said of `snapshot`, creates held since included. */
export function explainPool(snapshot: PoolSnapshot, plan: PoolPlan): DecisionRecord {
  const { preset, history, policy, now, surge } = snapshot;
  const { scheduleError } = plan.state;
  const isActive = isActivePreset(preset);
  return {
    ...plan,
    formatVersion: 1,
    presetName: preset.presetName,
    templateName: preset.templateName,
    organizationName: preset.organizationName,
    decidedAt: now,
    inputs: {
      isActive,
      instances: preset.instances,
      ttlMs: preset.ttlMs,
      timezone: preset.timezone,
      schedules: preset.schedules,
      invalidatedAt: preset.invalidatedAt,
      completedBuilds: history.completed.length,
      failedBuilds: history.completed.filter((build) => build.result !== "succeeded").length,
      policy,
      surge: surge ?? null,
      lastFailure: snapshot.lastFailure ?? null,
    },
    scheduleFault: scheduleError === undefined ? null : describeScheduleError(scheduleError),
    nextChange: isActive ? nextChange(preset, now, changeHorizonDefaultMs) : null,
  };
}
