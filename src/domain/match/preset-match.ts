import type { ParameterValues } from "../../contracts/parameter-definition.ts";
import type { MissReason } from "../../contracts/states.ts";
import { givenValue } from "../parameters/resolve-parameters.ts";

/** A preset of the version that a workspace is created from. `createdAt` in milliseconds. */
export interface PresetCandidate {
  readonly presetId: string;
  readonly presetName: string;
  readonly isDefault: boolean;
  readonly createdAt: number;
  readonly parameters: ParameterValues;
}

export interface MatchRequest {
  /** The preset that was asked for; null or absent: the best match is looked for. */
  readonly presetId?: string | null;
  /** Values as the user gave them. Compared as strings: canonical ones compare best. */
  readonly parameters: ParameterValues;
}

/** A parameter that kept a preset from matching; `asked` null: no value was given for it. */
export interface ParameterDifference {
  readonly parameter: string;
  readonly preset: string;
  readonly asked: string | null;
}

export type PresetMatch<Candidate extends PresetCandidate> =
  | {
      readonly kind: "matched";
      readonly preset: Candidate;
      readonly because: "asked_for" | "parameters" | "no_parameters";
    }
  | {
      readonly kind: "none";
      readonly reason: Extract<MissReason, "no_preset" | "parameters_differ">;
      /** A sentence without its full stop. */
      readonly detail: string;
      /** The preset that came nearest, for saying what would have matched. */
      readonly closest?: { readonly preset: Candidate; readonly differences: readonly ParameterDifference[] };
    };

/**
 * The preset of a creation (spec §4, 1): the one asked for, else, of those whose every parameter equals
 * what was asked, the one with the most parameters; ties go to the default, then the oldest.
 */
export function matchPreset<Candidate extends PresetCandidate>(
  candidates: readonly Candidate[],
  request: MatchRequest,
): PresetMatch<Candidate> {
  const askedFor = request.presetId ?? null;
  if (askedFor !== null) return matchById(candidates, askedFor);
  if (candidates.length === 0) return { kind: "none", reason: "no_preset", detail: "the version has no presets" };

  const judged = candidates
    .map((preset) => ({ preset, differences: differencesOf(preset, request.parameters) }))
    .sort((one, other) => one.differences.length - other.differences.length || byPreference(one.preset, other.preset));
  const [best] = judged;
  if (best !== undefined && best.differences.length === 0) {
    const because = Object.keys(best.preset.parameters).length === 0 ? "no_parameters" : "parameters";
    return { kind: "matched", preset: best.preset, because };
  }
  return {
    kind: "none",
    reason: "parameters_differ",
    detail: `none of the ${candidates.length} presets has the values that were asked`,
    ...(best === undefined ? {} : { closest: best }),
  };
}

function matchById<Candidate extends PresetCandidate>(
  candidates: readonly Candidate[],
  presetId: string,
): PresetMatch<Candidate> {
  const preset = candidates.find((candidate) => candidate.presetId === presetId);
  if (preset !== undefined) return { kind: "matched", preset, because: "asked_for" };
  return { kind: "none", reason: "no_preset", detail: `the version has no preset with the id ${presetId}` };
}

/** What keeps a preset from matching. */
export function differencesOf(preset: PresetCandidate, asked: ParameterValues): readonly ParameterDifference[] {
  return Object.entries(preset.parameters)
    .map(([parameter, value]) => ({ parameter, preset: value, asked: givenValue(asked, parameter) ?? null }))
    .filter((difference) => difference.asked !== difference.preset);
}

function byPreference(one: PresetCandidate, other: PresetCandidate): number {
  return (
    Object.keys(other.parameters).length - Object.keys(one.parameters).length ||
    Number(other.isDefault) - Number(one.isDefault) ||
    one.createdAt - other.createdAt ||
    (one.presetId < other.presetId ? -1 : 1)
  );
}
