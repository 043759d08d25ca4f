import type { Manifest } from "../contracts/manifest.ts";
import type { ManifestParameter } from "../contracts/manifest-parameter.ts";
import type { ParameterDefinition, ParameterStyling } from "../contracts/parameter-definition.ts";

type ManifestValue = ManifestParameter["default"];

/** A value of `template.yaml` as it travels: a string; a list as a JSON array of strings. */
export function parameterText(value: Exclude<ManifestValue, undefined>): string {
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}

/** A parameter of `template.yaml` as the rules of the domain read it. */
export function parameterDefinition(parameter: ManifestParameter): ParameterDefinition {
  const { display_name, form_type, styling, options, default: byDefault, ...rest } = parameter;
  return {
    ...rest,
    type: parameter.type ?? "string",
    mutable: parameter.mutable ?? true,
    ...(display_name === undefined ? {} : { displayName: display_name }),
    ...(form_type === undefined ? {} : { formType: form_type }),
    ...(styling === undefined ? {} : { styling: stylingOf(styling) }),
    ...(byDefault === undefined ? {} : { default: parameterText(byDefault) }),
    ...(options === undefined
      ? {}
      : {
          options: options.map(({ name, value, ...more }) => ({
            name: name ?? String(value),
            value: String(value),
            ...more,
          })),
        }),
  };
}

function stylingOf({ mask_input, ...rest }: NonNullable<ManifestParameter["styling"]>): ParameterStyling {
  return { ...rest, ...(mask_input === undefined ? {} : { maskInput: mask_input }) };
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
      : { options: options.map((option) => ({ ...option, value: normalizedOption(parameter, option.value) })) }),
  };
}

/** An option that is a whole list is written as lists are, so that it equals the value that it gives. */
function normalizedOption({ type = "string", form_type: formType }: ManifestParameter, value: Scalar): Scalar {
  if (type !== "list") return normalizedScalar(type, value);
  return formType === "radio" ? canonicalList(String(value)) : String(value);
}

function canonicalList(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
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
