import { parameterValueLengthMax } from "../../contracts/limits.ts";
import type { ParameterDefinition, ParameterValidation } from "../../contracts/parameter-definition.ts";
import { compileParameterPattern } from "./parameter-pattern.ts";

/** Most elements of a list value. */
export const listElementsMax = 1_000;

const numberPattern = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * Why a value does not fit its parameter, as the end of the sentence "the value …", or null when it fits.
 * Never throws. Monotony needs the value before and is checked by `resolveParameters`.
 */
export function parameterValueFault(definition: ParameterDefinition, value: string): string | null {
  if (value.length > parameterValueLengthMax) {
    return `has ${value.length} characters; at most ${parameterValueLengthMax} are allowed`;
  }
  // What it accepts, the form says that is evaluated with all values, and the build that has them.
  if (definition.dynamic === true) return typeFault(definition, value);
  return typeFault(definition, value) ?? optionFault(definition, value) ?? validationFault(definition, value);
}

/** The elements of a list value, or null when it is not a JSON array of strings. */
export function parseListValue(value: string): readonly string[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return null;
  }
  return isStringArray(parsed) && parsed.length <= listElementsMax ? parsed : null;
}

/**
 * The one text that stands for a value, so that equal values are equal strings: lists lose their
 * white space. A value that does not fit its type is given back as it is.
 */
export function canonicalParameterValue(definition: ParameterDefinition, value: string): string {
  if (definition.type !== "list") return value;
  const elements = parseListValue(value);
  return elements === null ? value : JSON.stringify(elements);
}

function typeFault(definition: ParameterDefinition, value: string): string | null {
  switch (definition.type) {
    case "string":
      return null;
    case "number":
      return numberPattern.test(value) && Number.isFinite(Number(value)) ? null : "is not a number";
    case "bool":
      return value === "true" || value === "false" ? null : "is neither true nor false";
    case "list":
      return parseListValue(value) === null
        ? `is not a JSON array of strings with at most ${listElementsMax} elements`
        : null;
  }
}

function optionFault(definition: ParameterDefinition, value: string): string | null {
  const { options } = definition;
  if (options === undefined || options.length === 0) return null;
  const allowed = new Set(options.map((option) => canonicalParameterValue(definition, option.value)));
  const chosen = isSomeOfOptions(definition)
    ? (parseListValue(value) ?? [])
    : [canonicalParameterValue(definition, value)];
  const stranger = chosen.find((element) => !allowed.has(element));
  if (stranger === undefined) return null;
  return `is not one of the options ${[...allowed].map((option) => JSON.stringify(option)).join(", ")}`;
}

/** Whether a value is some of the options, and not one of them: a list's, unless its options are lists themselves. */
export function isSomeOfOptions({ type, formType }: Pick<ParameterDefinition, "type" | "formType">): boolean {
  return type === "list" && formType !== "radio";
}

function validationFault(definition: ParameterDefinition, value: string): string | null {
  const { validation } = definition;
  if (validation === undefined) return null;
  const fault =
    definition.type === "number"
      ? rangeFault(validation, Number(value))
      : definition.type === "string"
        ? patternFault(validation, value)
        : null;
  return fault === null ? null : saidOf(validation, value, fault);
}

/** What the template says of a value that its rules refuse, or else the reason. */
export function saidOf({ error, min, max }: ParameterValidation, value: string, reason: string): string {
  if (error === undefined) return reason;
  const words: Readonly<Record<string, string | undefined>> = { min: min?.toString(), max: max?.toString(), value };
  return error.replaceAll(/\{(min|max|value)\}/g, (whole, word: string) => words[word] ?? whole);
}

function rangeFault({ min, max }: ParameterValidation, value: number): string | null {
  if (min !== undefined && value < min) return `is below the minimum ${min}`;
  if (max !== undefined && value > max) return `is above the maximum ${max}`;
  return null;
}

function patternFault({ regex }: ParameterValidation, value: string): string | null {
  if (regex === undefined) return null;
  const compiled = compileParameterPattern(regex);
  if (compiled.kind === "error") return `cannot be checked, because the template's pattern ${compiled.reason}`;
  return compiled.pattern.matches(value) ? null : `does not match the pattern ${regex}`;
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}
