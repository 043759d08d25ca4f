import type { Preset } from "../../../contracts/api/templates.ts";
import type { Manifest } from "../../../contracts/manifest.ts";
import { formTypeOf, inOrder } from "../../../contracts/parameter-form.ts";
import type { UrlParams } from "../../state/url-state.ts";

export type ParameterInput = NonNullable<Manifest["parameters"]>[number];
export type ParameterTexts = Readonly<Record<string, string>>;

/** A value of a manifest as it travels: a text, and a list as a JSON array. */
export function asText(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What people see instead of its name. */
export function titleOf({ name, display_name: title = "" }: ParameterInput): string {
  return title === "" ? name : title;
}

/** What a start asks for: what holds for one build only. Of those that the workspace's own version has. */
export function askedAtStart(
  definitions: readonly ParameterInput[],
  parameters: ParameterTexts,
): readonly ParameterInput[] {
  return inOrder(definitions.filter(({ name, ephemeral }) => ephemeral === true && Object.hasOwn(parameters, name)));
}

/** What an update asks for besides: what is new and has no default, and what is none of its options any more. */
export function askedAtUpdate(
  definitions: readonly ParameterInput[],
  parameters: ParameterTexts,
): readonly ParameterInput[] {
  const asked = definitions.filter((definition) => {
    if (definition.ephemeral === true) return true;
    const kept = Object.hasOwn(parameters, definition.name) ? parameters[definition.name] : undefined;
    return kept === undefined ? definition.default === undefined : !isChoice(definition, kept);
  });
  return inOrder(asked);
}

function isChoice(definition: ParameterInput, kept: string): boolean {
  // Of a dynamic one the options are others with other values.
  if (definition.options === undefined || definition.dynamic === true) return true;
  const values = new Set(definition.options.map(({ value }) => asText(value)));
  return formTypeOf(definition) === "multi-select"
    ? listWords(kept).every((word) => values.has(word))
    : values.has(kept);
}

/** Of what was typed for a parameter, in the address. */
export const typedPrefix = "p.";

interface Sources {
  readonly params: UrlParams;
  readonly preset: Preset | null;
}

/** What the preset fixes, else what the address says, else the default. */
export function firstValues(definitions: readonly ParameterInput[], { params, preset }: Sources): ParameterTexts {
  return Object.fromEntries(
    definitions.map(({ name, default: byDefault }) => [
      name,
      preset?.parameters[name] ?? params[`${typedPrefix}${name}`] ?? asText(byDefault),
    ]),
  );
}

/** What was typed, by parameter, but for what the preset says: also of those that the form does not ask for just now. */
export function typedParameters(params: UrlParams, preset: Preset | null): Record<string, string> {
  const typed = Object.entries(params).flatMap(([key, value]): [string, string][] => {
    const name = key.startsWith(typedPrefix) ? key.slice(typedPrefix.length) : "";
    const isFixed = preset !== null && Object.hasOwn(preset.parameters, name);
    return name === "" || isFixed || value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(typed);
}

interface Chosen {
  readonly values: ParameterTexts;
  readonly preset: Preset | null;
}

/** Only what differs from the defaults and is not the preset's: what was not touched follows the template. */
export function changedValues(definitions: readonly ParameterInput[], { values, preset }: Chosen): ParameterTexts {
  const changed = definitions.filter(({ name, default: byDefault }) => {
    const isFixed = preset !== null && Object.hasOwn(preset.parameters, name);
    return !isFixed && values[name] !== asText(byDefault) && values[name] !== undefined;
  });
  return Object.fromEntries(changed.map(({ name }) => [name, values[name] ?? ""]));
}

/** The words of a list that travels as JSON; what is no list has none. */
export function listWords(text: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text === "" ? "[]" : text);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}
