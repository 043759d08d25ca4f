import { parameterValueLengthMax } from "../../../contracts/limits.ts";
import { resolveFormType } from "./form-type.ts";
import { chosenProblems, optionProblems } from "./option-rules.ts";
import { type ParameterConfig, type ParameterInput, type RuleProblem, shown } from "./parameter-config.ts";
import { validatedProblems, validationConfigProblems } from "./validation-rules.ts";
import { typeFault } from "./value-types.ts";

export interface ResolvedParameter {
  readonly value: string;
  readonly optional: boolean;
  readonly formType: string;
}
export type ParameterResult = ResolvedParameter | { readonly problems: readonly RuleProblem[] };

/**
 * What is wrong with a parameter before anybody gives it a value: everything at once. Terraform asks for this before it
 * knows all values; a rule that needs an attribute in `unknown` is left for `resolveParameter`.
 */
export function configProblems(
  config: ParameterConfig,
  unknown: ReadonlySet<keyof ParameterConfig> = new Set(),
): RuleProblem[] {
  const knows = (...attributes: (keyof ParameterConfig)[]): boolean => attributes.every((one) => !unknown.has(one));
  const problems: RuleProblem[] = [];
  if (knows("mutable", "ephemeral")) problems.push(...immutableEphemeralProblems(config));
  if (knows("ephemeral", "default")) problems.push(...ephemeralDefaultProblems(config));
  if (!knows("type")) return problems;
  if (knows("validation")) problems.push(...validationConfigProblems(config));
  if (!knows("formType", "options")) return problems;
  const formType = resolveFormType(config);
  if (formType.kind === "problem") return [...problems, formType.problem];
  problems.push(...optionProblems(config, formType.formType));
  // A default is judged only by rules that are sound themselves, or one mistake shows twice.
  if (problems.length > 0 || config.default === null || !knows("default", "validation")) return problems;
  const refusals = valueProblems(config, formType.formType, { value: config.default });
  return refusals.map((refusal) => ({ ...refusal, path: ["default"] }));
}

/**
 * The value of a parameter in a build, or what keeps it from having one: the problems of the first step that finds any,
 * in the order of the specification (§4.3). Never throws.
 */
export function resolveParameter(config: ParameterConfig, input: ParameterInput): ParameterResult {
  const lasting = [...immutableEphemeralProblems(config), ...ephemeralDefaultProblems(config)];
  if (lasting.length > 0) return { problems: lasting };

  const value = input.value ?? config.default ?? undefined;
  const shape = resolveFormType(config);
  if (shape.kind === "problem") return { problems: [shape.problem] };
  const { formType } = shape;
  const options = optionProblems(config, formType);
  if (options.length > 0) return { problems: options };

  const resolved = { value: value ?? "", optional: config.default !== null, formType };
  // A required parameter that nobody has filled in yet: with a validation block its emptiness is judged, else it passes.
  if (value === undefined && config.validation === null) return resolved;
  const problems = valueProblems(config, formType, { ...input, value: resolved.value });
  return problems.length > 0 ? { problems } : resolved;
}

function valueProblems(
  config: ParameterConfig,
  formType: string,
  { value, previous }: ParameterInput & { readonly value: string },
): readonly RuleProblem[] {
  if (value.length > parameterValueLengthMax) return [tooLong(config, value)];
  const chosen = chosenProblems(config, formType, value);
  if (chosen.length > 0) return chosen;
  const validation = validationConfigProblems(config);
  if (validation.length > 0) return validation;
  const validated = validatedProblems(config, value, previous);
  if (validated.length > 0) return validated;
  const fault = typeFault(config.type, value);
  if (fault === null) return [];
  const summary = `Parameter ${shown(config.name)} has a value of another type`;
  return [
    { path: ["value"], summary, detail: `The value ${shown(value)} ${fault}; the parameter is a ${config.type}.` },
  ];
}

function tooLong(config: ParameterConfig, value: string): RuleProblem {
  return {
    path: ["value"],
    summary: `Parameter ${shown(config.name)} has a value that is too long`,
    detail: `The value has ${value.length} characters; at most ${parameterValueLengthMax} are allowed.`,
  };
}

function immutableEphemeralProblems({ mutable, ephemeral }: ParameterConfig): readonly RuleProblem[] {
  if (mutable || !ephemeral) return [];
  const detail = "An ephemeral parameter is asked for at each start, so it has to be mutable: write mutable = true.";
  return [{ path: ["ephemeral"], summary: "An ephemeral parameter is not mutable", detail }];
}

function ephemeralDefaultProblems(config: ParameterConfig): readonly RuleProblem[] {
  if (!config.ephemeral || config.default !== null) return [];
  const detail = "Where nobody gives an ephemeral parameter a value, it needs one to return to: write a default.";
  return [{ path: ["default"], summary: "An ephemeral parameter has no default", detail }];
}
