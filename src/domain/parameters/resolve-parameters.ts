import type { ParameterDefinition, ParameterValues } from "../../contracts/parameter-definition.ts";
import { canonicalParameterValue, parameterValueFault, saidOf } from "./parameter-value.ts";

export interface ResolveInput {
  readonly definitions: readonly ParameterDefinition[];
  /** Values that the preset fixes; none without a preset. */
  readonly presetValues?: ParameterValues;
  readonly userValues: ParameterValues;
  /** Values of the workspace's last build; absent at its first. */
  readonly previousValues?: ParameterValues;
}

export const parameterProblemKinds = ["missing", "unknown", "invalid", "immutable", "fixed_by_preset"] as const;
export type ParameterProblemKind = (typeof parameterProblemKinds)[number];

/** Why a build cannot have these values; `reason` is a sentence without its full stop. */
export interface ParameterProblem {
  readonly parameter: string;
  readonly kind: ParameterProblemKind;
  readonly reason: string;
}

export type ResolveResult =
  | { readonly kind: "ok"; readonly values: ParameterValues }
  | { readonly kind: "problems"; readonly problems: readonly ParameterProblem[] };

/**
 * The value of every parameter for one build: the preset's, else the user's, else the last build's, else
 * the default; one of a dynamic parameter is the template's to know. Values come out canonical. All problems are reported at once, definitions first. Never throws.
 */
export function resolveParameters(input: ResolveInput): ResolveResult {
  const problems: ParameterProblem[] = [];
  const values: [string, string][] = [];
  for (const definition of input.definitions) {
    const outcome = resolveOne(definition, input);
    if (outcome === null) continue;
    if (typeof outcome === "string") values.push([definition.name, outcome]);
    else problems.push(outcome);
  }
  problems.push(...unknownParameters(input));
  // Object.fromEntries defines own properties, so that a parameter named __proto__ is only a name.
  return problems.length === 0 ? { kind: "ok", values: Object.fromEntries(values) } : { kind: "problems", problems };
}

/** What each parameter has, as far as there is anything, whether it fits or not. */
export function effectiveValues(input: ResolveInput): ParameterValues {
  const known = input.definitions.flatMap(({ name, default: fallback }): [string, string][] => {
    const value = givenValue(input.presetValues, name) ?? givenValue(input.userValues, name) ?? fallback;
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(known);
}

/** The value of a name, if it was given: inherited properties such as `constructor` are none. */
export function givenValue(values: ParameterValues | undefined, name: string): string | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Null: it is left to the template. */
function resolveOne(definition: ParameterDefinition, input: ResolveInput): string | ParameterProblem | null {
  const { name } = definition;
  const canonical = (values: ParameterValues | undefined): string | undefined => {
    const given = givenValue(values, name);
    return given === undefined ? undefined : canonicalParameterValue(definition, given);
  };
  const fixed = canonical(input.presetValues);
  const wished = canonical(input.userValues);
  // One that holds for a build only has none before: it is neither carried nor compared.
  const previous = definition.ephemeral === true ? undefined : canonical(input.previousValues);

  if (fixed !== undefined && wished !== undefined && fixed !== wished) {
    return problem(
      name,
      "fixed_by_preset",
      `the preset sets it to ${quote(fixed)}; leave it out or choose another preset`,
    );
  }
  const given = fixed ?? wished ?? previous;
  // The template knows the default that goes with the other values, and whether there is such a parameter then.
  if (given === undefined && definition.dynamic === true) return null;
  const fallback =
    definition.default === undefined ? undefined : canonicalParameterValue(definition, definition.default);
  const value = given ?? fallback;
  if (value === undefined) return problem(name, "missing", "it has no default; give a value");

  const fault = parameterValueFault(definition, value);
  if (fault !== null) return problem(name, "invalid", `the value ${quote(value)} ${fault}`);
  if (previous === undefined || previous === value) return value;
  if (!definition.mutable) {
    return problem(
      name,
      "immutable",
      `it was set to ${quote(previous)} when the workspace was created and cannot change`,
    );
  }
  return monotonyProblem(definition, previous, value) ?? value;
}

function monotonyProblem(definition: ParameterDefinition, previous: string, value: string): ParameterProblem | null {
  const monotonic = definition.type === "number" ? definition.validation?.monotonic : undefined;
  if (monotonic === undefined) return null;
  const growth = Number(value) - Number(previous);
  if (monotonic === "increasing" ? growth >= 0 : growth <= 0) return null;
  const direction = monotonic === "increasing" ? "grow" : "shrink";
  const reason = `it may only ${direction}, and ${previous} → ${value} does not`;
  return problem(definition.name, "invalid", saidOf(definition.validation ?? {}, value, reason));
}

function unknownParameters(input: ResolveInput): readonly ParameterProblem[] {
  const known = new Set(input.definitions.map((definition) => definition.name));
  const given = new Set([...Object.keys(input.presetValues ?? {}), ...Object.keys(input.userValues)]);
  return [...given]
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => problem(name, "unknown", "the template has no parameter of this name"));
}

function problem(parameter: string, kind: ParameterProblemKind, reason: string): ParameterProblem {
  return { parameter, kind, reason };
}

/** A value as it is shown in a message: quoted, and cut where it would drown the rest. */
function quote(value: string): string {
  const shownCharsMax = 80;
  return JSON.stringify(value.length <= shownCharsMax ? value : `${value.slice(0, shownCharsMax)}…`);
}
