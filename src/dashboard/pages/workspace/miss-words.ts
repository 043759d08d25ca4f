import type { MissReason } from "../../../contracts/states.ts";

const words: Readonly<Record<MissReason, string>> = {
  no_preset: "no preset was chosen, and only presets have pools.",
  no_pool: "the preset has no pool.",
  parameters_differ: "the parameters differ from the preset's.",
  pool_empty: "the pool had no prebuild.",
  none_ready: "none of the pool's prebuilds was ready yet.",
  all_expired: "the pool's prebuilds had expired.",
  draining: "the pool's prebuilds are being replaced.",
  outdated: "the pool's prebuilds are of another version.",
  deprecated: "the template is deprecated, and its pools are empty.",
  disabled: "prebuilds are switched off.",
  contended: "others took the ready ones at the same moment.",
  claim_replaces: "a claim would replace what makes its prebuilds quick.",
  unproven: "the version has not yet made a prebuild that worked.",
};

const ahead: Readonly<Partial<Record<string, string>>> = {
  no_preset: "no preset is chosen, and only presets have pools.",
  pool_empty: "the pool has no prebuild now.",
  none_ready: "none of the pool's prebuilds is ready yet.",
  all_expired: "the pool's prebuilds have expired.",
};

/** Why a creation would not be served from a pool now. */
export function missWordsAhead(reason: string): string {
  return ahead[reason] ?? missWords(reason);
}

/** Why a creation was not served from a pool. */
export function missWords(reason: string): string {
  return Object.hasOwn(words, reason) ? words[reason as MissReason] : "no prebuild could be handed over.";
}
