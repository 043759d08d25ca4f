import { freeNameFault } from "../../contracts/free-name.ts";
import { presetDescriptionLengthMax, presetsMax } from "../../contracts/limits.ts";
import type { ParameterDefinition } from "../../contracts/parameter-definition.ts";
import type { PresetDefinition } from "../../contracts/preset-definition.ts";
import { type ParameterProblem, resolveParameters } from "../parameters/resolve-parameters.ts";
import type { PresetFault, PresetProblem } from "./preset-problem.ts";
import { prebuildsFaults } from "./validate-prebuilds.ts";

/**
 * Everything about a version's presets that its publish refuses (spec §1); empty when they are sound.
 * `definitions` are the version's parameters, themselves checked by `validateDefinitions`.
 */
export function validatePresets(
  presets: readonly PresetDefinition[],
  definitions: readonly ParameterDefinition[],
): readonly PresetProblem[] {
  if (presets.length > presetsMax) {
    const reason = `there are ${presets.length}; at most ${presetsMax} are allowed`;
    return [{ preset: "", field: "presets", reason }];
  }
  return presets.flatMap((preset, index) => {
    const earlier = presets.slice(0, index);
    const faults = [
      ...nameFaults(preset, earlier),
      ...descriptionFaults(preset),
      ...defaultFaults(preset, earlier),
      ...parameterFaults(preset, definitions),
      ...(preset.prebuilds === undefined ? [] : prebuildsFaults(preset.prebuilds)),
    ];
    return faults.map(({ field, reason }) => ({ preset: preset.name, field: `presets[${index}].${field}`, reason }));
  });
}

/** A problem as one sentence that names the preset, the field and the reason. */
export function describePresetProblem(problem: PresetProblem): string {
  return `Preset "${problem.preset}", ${problem.field}: ${problem.reason}.`;
}

function nameFaults(preset: PresetDefinition, earlier: readonly PresetDefinition[]): readonly PresetFault[] {
  const reason = freeNameFault(preset.name);
  if (reason !== null) return [{ field: "name", reason }];
  return earlier.some((other) => other.name === preset.name)
    ? [{ field: "name", reason: "another preset of this version has the same name" }]
    : [];
}

function descriptionFaults(preset: PresetDefinition): readonly PresetFault[] {
  // Counted as people count: a letter outside the basic plane is one character.
  const chars = Array.from(preset.description ?? "").length;
  if (chars <= presetDescriptionLengthMax) return [];
  return [
    { field: "description", reason: `it has ${chars} characters; at most ${presetDescriptionLengthMax} are allowed` },
  ];
}

function defaultFaults(preset: PresetDefinition, earlier: readonly PresetDefinition[]): readonly PresetFault[] {
  if (preset.isDefault !== true) return [];
  const first = earlier.find((other) => other.isDefault === true);
  if (first === undefined) return [];
  return [{ field: "default", reason: `preset "${first.name}" is the default already; at most one may be` }];
}

function parameterFaults(
  preset: PresetDefinition,
  definitions: readonly ParameterDefinition[],
): readonly PresetFault[] {
  const resolved = resolveParameters({ definitions, presetValues: preset.parameters, userValues: {} });
  if (resolved.kind === "ok") return [];
  // Nobody is asked where a pool builds; of a preset without one, the person gives what it leaves open.
  const isAsked = preset.prebuilds === undefined;
  return resolved.problems.filter(({ kind }) => !(isAsked && kind === "missing")).map(parameterFault);
}

function parameterFault(problem: ParameterProblem): PresetFault {
  const field = `parameters[${JSON.stringify(problem.parameter)}]`;
  return problem.kind === "missing"
    ? { field, reason: "the parameter is required and the preset gives no value for it" }
    : { field, reason: problem.reason };
}
