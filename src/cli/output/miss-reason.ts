import type { MissReason } from "../../contracts/states.ts";

const words: Readonly<Record<MissReason, string>> = {
  no_preset: "no preset matches",
  no_pool: "the preset has no pool",
  parameters_differ: "the parameters differ from every preset",
  pool_empty: "the pool is empty",
  none_ready: "none is ready yet",
  all_expired: "all have expired",
  draining: "they are being removed",
  outdated: "they are of an older version",
  deprecated: "the template is deprecated",
  disabled: "prebuilds are switched off",
  contended: "others took them first",
  unproven: "it is not known yet what a claim does, and the template hands out nothing before that",
  claim_replaces: "a claim would replace resources, and the template blocks that",
};

/** Why there would be no prebuild, with the code by which the documentation lists it. */
export function missReasonWords(reason: MissReason): string {
  return `${reason}: ${words[reason]}`;
}

/** What to tell somebody who waits for a cold build; the code stands there too, because the documentation lists it. */
export function missReasonText(reason: MissReason | null): string {
  const why = reason === null ? "" : ` (${missReasonWords(reason)})`;
  return `no prebuild was ready${why}, building…`;
}
