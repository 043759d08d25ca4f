import type { ManifestParameter } from "../contracts/manifest.ts";
import type { ParameterDefinition } from "../contracts/parameter-definition.ts";

type ManifestValue = ManifestParameter["default"];

/** A value of `template.yaml` as it travels: a string; a list as a JSON array of strings. */
export function parameterText(value: Exclude<ManifestValue, undefined>): string {
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** A parameter of `template.yaml` as the rules of the domain read it. */
export function parameterDefinition(parameter: ManifestParameter): ParameterDefinition {
  const { validation } = parameter;
  return {
    name: parameter.name,
    type: parameter.type ?? "string",
    mutable: parameter.mutable ?? true,
    ...(parameter.display_name === undefined ? {} : { displayName: parameter.display_name }),
    ...(parameter.description === undefined ? {} : { description: parameter.description }),
    ...(parameter.default === undefined ? {} : { default: parameterText(parameter.default) }),
    ...(parameter.options === undefined
      ? {}
      : {
          options: parameter.options.map((option) => ({
            name: option.name ?? String(option.value),
            value: String(option.value),
            ...(option.description === undefined ? {} : { description: option.description }),
          })),
        }),
    ...(validation === undefined ? {} : { validation }),
  };
}
