import type {
  OrganizationId,
  PresetId,
  TemplateId,
  TemplateVersionId,
  WorkspaceId,
} from "../../../src/contracts/ids.ts";
import type {
  BuildHistory,
  CompletedBuild,
  LivePrebuild,
  PoolPolicy,
  PoolSnapshot,
  PresetSnapshot,
} from "../../../src/domain/pool/pool-snapshot.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** A fixed instant, Monday noon: no test depends on the clock. */
export const now = Date.UTC(2025, 5, 2, 12);

export const policy: PoolPolicy = {
  backoffIntervalMs: minuteMs,
  backoffLookbackMs: hourMs,
  failureHardLimit: 3,
  probeIntervalMs: 10 * minuteMs,
  inFlightPerPresetMax: 0,
  paused: false,
  disabled: false,
};

// The brand exists for the compiler only: in tests any text is an id.
export const presetId = (text: string): PresetId => text as PresetId;
export const workspaceId = (text: string): WorkspaceId => text as WorkspaceId;

/** An active preset with base 1 that never expires. */
export function preset(over: Partial<PresetSnapshot> = {}): PresetSnapshot {
  return {
    presetId: presetId("preset-1"),
    presetName: "large",
    templateId: "template-1" as TemplateId,
    templateName: "web",
    organizationId: "organization-1" as OrganizationId,
    organizationName: "acme",
    templateVersionId: "version-1" as TemplateVersionId,
    versionIsActive: true,
    templateDeleted: false,
    templateDeprecated: false,
    instances: 1,
    ttlMs: null,
    timezone: null,
    schedules: [],
    invalidatedAt: null,
    validationFailedAt: null,
    validationMessage: null,
    rollout: "replace",
    ...over,
  };
}

/** A ready prebuild, made a minute ago. */
export function prebuild(id: string, over: Partial<LivePrebuild> = {}): LivePrebuild {
  return {
    workspaceId: workspaceId(id),
    generation: 1,
    state: "ready",
    createdAt: now - minuteMs,
    readyAt: null,
    hasPendingFirstBuildJob: false,
    ...over,
  };
}

/** `count` prebuilds of one state. */
export function prebuilds(
  count: number,
  state: LivePrebuild["state"],
  over: Partial<LivePrebuild> = {},
): LivePrebuild[] {
  return Array.from({ length: count }, (_, index) => prebuild(`${state}-${index + 1}`, { state, ...over }));
}

export const pending = (count: number): LivePrebuild[] =>
  prebuilds(count, "building", { hasPendingFirstBuildJob: true });

export function failed(createdAt: number): CompletedBuild {
  return { createdAt, completedAt: createdAt, result: "failed" };
}

export function succeeded(createdAt: number): CompletedBuild {
  return { createdAt, completedAt: createdAt, result: "succeeded" };
}

export interface PoolOver {
  readonly preset?: Partial<PresetSnapshot>;
  readonly prebuilds?: readonly LivePrebuild[];
  readonly completed?: readonly CompletedBuild[];
  readonly history?: BuildHistory;
  readonly policy?: Partial<PoolPolicy>;
  readonly now?: number;
  readonly surge?: PoolSnapshot["surge"];
}

/** A pool with an active preset, base 1, and nothing else unless it is given. */
export function pool(over: PoolOver = {}): PoolSnapshot {
  return {
    preset: preset(over.preset),
    prebuilds: over.prebuilds ?? [],
    history: over.history ?? { completed: over.completed ?? [] },
    now: over.now ?? now,
    policy: { ...policy, ...over.policy },
    ...(over.surge === undefined ? {} : { surge: over.surge }),
  };
}
