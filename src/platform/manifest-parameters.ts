import type { Manifest, ManifestParameter } from "../contracts/manifest.ts";
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

type Scalar = Exclude<ManifestValue, undefined | readonly string[]>;
const numberPattern = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * A manifest whose parameters' values are as the rules of the domain want them. Values are what was written, and YAML has
 * more ways to write a truth or a number than there are: `True`, `.5`, `0x1F`.
 */
export function normalizedManifest(manifest: Manifest): Manifest {
  const { parameters, presets } = manifest;
  const types = new Map((parameters ?? []).map(({ name, type }) => [name, type ?? "string"]));
  return {
    ...manifest,
    ...(parameters === undefined ? {} : { parameters: parameters.map(normalizedParameter) }),
    ...(presets === undefined
      ? {}
      : {
          presets: presets.map((preset) =>
            preset.parameters === undefined
              ? preset
              : {
                  ...preset,
                  parameters: Object.fromEntries(
                    Object.entries(preset.parameters).map(([name, value]) => [
                      name,
                      normalized(types.get(name) ?? "string", value),
                    ]),
                  ),
                },
          ),
        }),
  };
}

function normalizedParameter(parameter: ManifestParameter): ManifestParameter {
  const type = parameter.type ?? "string";
  const { default: fallback, options } = parameter;
  return {
    ...parameter,
    ...(fallback === undefined ? {} : { default: normalized(type, fallback) }),
    ...(options === undefined
      ? {}
      : { options: options.map((option) => ({ ...option, value: normalizedScalar(type, option.value) })) }),
  };
}

function normalized(type: string, value: Exclude<ManifestValue, undefined>): Exclude<ManifestValue, undefined> {
  return Array.isArray(value) ? value : normalizedScalar(type, value);
}

function normalizedScalar(type: string, value: Scalar): Scalar {
  const text = String(value);
  if (type === "bool" && /^(true|false)$/i.test(text)) return text.toLowerCase();
  if (type !== "number" || text.trim() === "" || numberPattern.test(text)) return text;
  const number = Number(text);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? String(number) : text;
}
