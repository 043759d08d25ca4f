import type { PoolMode, RuleAnswer } from "./pool-plan.ts";
import { isActivePreset, type PoolSnapshot, type PresetSnapshot } from "./pool-snapshot.ts";
import { isPastSurge, isSurging } from "./surge.ts";

interface ModeRule {
  readonly mode: PoolMode;
  readonly when: (snapshot: PoolSnapshot) => boolean;
  readonly because: { readonly yes: (snapshot: PoolSnapshot) => string; readonly no: string };
}

/**
 * How a pool is treated, first match wins. Switched off and paused come first: an operator who stops
 * the loop wants nothing to move, not even what is plainly superfluous.
 */
const modeRules: readonly ModeRule[] = [
  {
    mode: "disabled",
    when: ({ policy }) => policy.disabled,
    because: { yes: () => "prebuilds are switched off, so the loop does nothing", no: "prebuilds are switched on" },
  },
  {
    mode: "paused",
    when: ({ policy }) => policy.paused,
    because: {
      yes: () => "reconciliation is paused: nothing is created, deleted or cancelled",
      no: "reconciliation is not paused",
    },
  },
  {
    // Before "inactive": the outdated prebuilds are the only claimable ones until others are ready.
    mode: "surging",
    when: isSurging,
    because: {
      yes: () => "the version was replaced, and outdated prebuilds stay until their replacements are ready",
      no: "no outdated prebuilds are kept",
    },
  },
  {
    mode: "inactive",
    when: ({ preset }) => !isActivePreset(preset),
    because: { yes: inactiveBecause, no: "the version is the active one and the template is in use" },
  },
  {
    mode: "active",
    when: () => true,
    because: { yes: () => "the preset is active", no: "" },
  },
];

/** The mode of a pool and the answer of each rule. */
export function decideMode(snapshot: PoolSnapshot): {
  readonly mode: PoolMode;
  readonly answers: readonly RuleAnswer[];
} {
  let mode: PoolMode | null = null;
  const answers = modeRules.map((rule): RuleAnswer => {
    if (mode !== null) return { name: rule.mode, answer: "not_asked", because: `settled by "${mode}"` };
    if (!rule.when(snapshot)) return { name: rule.mode, answer: "no", because: rule.because.no };
    mode = rule.mode;
    return { name: rule.mode, answer: "yes", because: rule.because.yes(snapshot) };
  });
  // The last rule always applies.
  return { mode: mode ?? "active", answers };
}

function inactiveBecause({ preset, surge, now }: PoolSnapshot): string {
  if (surge !== undefined && isPastSurge(surge, now))
    return "the version was replaced longer ago than outdated prebuilds may stay";
  return whyInactive(preset);
}

function whyInactive(preset: PresetSnapshot): string {
  if (preset.templateDeleted) return "the template is deleted";
  if (preset.templateDeprecated) return "the template is deprecated";
  return "the version is not the template's active one";
}
