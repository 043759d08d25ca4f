import { freeNameFault } from "../../contracts/free-name.ts";
import { parametersMax } from "../../contracts/limits.ts";
import type { ParameterDefinition } from "../../contracts/parameter-definition.ts";
import { formTypesFor } from "../../contracts/parameter-form.ts";
import { parameterVariable } from "../../contracts/parameter-variable.ts";
import { compileParameterPattern, templatePatternStepsMax } from "./parameter-pattern.ts";
import { canonicalParameterValue, isSomeOfOptions, parameterValueFault } from "./parameter-value.ts";

/** What is wrong with a parameter of a template; `field` is a path such as `parameters[2].validation.regex`. */
export interface DefinitionProblem {
  readonly parameter: string;
  readonly field: string;
  readonly reason: string;
}

/** Most options of one parameter. */
export const optionsPerParameterMax = 100;

/** Everything about a template's parameters that a publish refuses; empty when they are sound. */
export function validateDefinitions(definitions: readonly ParameterDefinition[]): readonly DefinitionProblem[] {
  if (definitions.length > parametersMax) {
    const reason = `there are ${definitions.length}; at most ${parametersMax} are allowed`;
    return [{ parameter: "", field: "parameters", reason }];
  }
  let steps = 0;
  return definitions.flatMap((definition, index) => {
    const taken = takenFault(definition.name, definitions.slice(0, index));
    steps += patternSteps(definition);
    const faults = taken === null ? definitionFaults(definition) : [taken];
    if (steps > templatePatternStepsMax && patternSteps(definition) > 0) faults.push(tooManySteps(steps));
    return faults.map(([field, reason]) => ({
      parameter: definition.name,
      field: `parameters[${index}].${field}`,
      reason,
    }));
  });
}

type Fault = readonly [field: string, reason: string];

function takenFault(name: string, earlier: readonly ParameterDefinition[]): Fault | null {
  if (earlier.some((other) => other.name === name)) return ["name", "another parameter has the same name"];
  const variable = parameterVariable(name);
  const other = earlier.find((one) => variable !== undefined && parameterVariable(one.name) === variable);
  // Which of the two values a hook would see would be chance.
  return other === undefined
    ? null
    : ["name", `"${name}" and "${other.name}" are both ${variable} in a workspace; rename one of them`];
}

function patternSteps({ validation }: ParameterDefinition): number {
  const compiled = validation?.regex === undefined ? null : compileParameterPattern(validation.regex);
  return compiled?.kind === "ok" ? compiled.pattern.steps : 0;
}

function tooManySteps(steps: number): Fault {
  return [
    "validation.regex",
    `with those before it, the pattern unfolds into ${steps} steps; all of a template may have ${templatePatternStepsMax}`,
  ];
}

function definitionFaults(definition: ParameterDefinition): Fault[] {
  const faults: Fault[] = [];
  const name = freeNameFault(definition.name);
  if (name !== null) faults.push(["name", name]);
  faults.push(...formFaults(definition), ...optionFaults(definition), ...validationFaults(definition));
  // A default is judged only by rules that are sound themselves, or one mistake shows twice.
  if (faults.length === 0 && definition.default !== undefined) {
    const fault = parameterValueFault(definition, definition.default);
    if (fault !== null) faults.push(["default", `the value ${fault}`]);
  }
  return faults;
}

function formFaults({ type, options = [], formType, ...rest }: ParameterDefinition): readonly Fault[] {
  const faults: Fault[] = [];
  const fitting = formTypesFor(type, options.length > 0);
  if (formType !== undefined && !fitting.includes(formType)) {
    const what = `a ${type} with${options.length > 0 ? "" : "out"} options`;
    faults.push(["form_type", `${formType} is not for ${what}; it can be ${fitting.join(" or ")}`]);
  }
  if (rest.ephemeral !== true) return faults;
  if (rest.default === undefined) {
    faults.push(["default", "it is missing: an ephemeral parameter has a default, which the builds after have again"]);
  }
  if (!rest.mutable) {
    faults.push([
      "mutable",
      "it is false, and an ephemeral parameter is asked for at each start; leave one of them out",
    ]);
  }
  return faults;
}

function optionFaults(definition: ParameterDefinition): readonly Fault[] {
  const options = definition.options ?? [];
  if (options.length > optionsPerParameterMax) {
    return [["options", `there are ${options.length}; at most ${optionsPerParameterMax} are allowed`]];
  }
  const { options: _all, validation: _rules, ...bare } = definition;
  // The elements of a list are strings, whatever they stand for.
  const element: ParameterDefinition = { ...bare, type: isSomeOfOptions(definition) ? "string" : definition.type };
  const seen = new Set<string>();
  return options.flatMap(({ value }, index): readonly Fault[] => {
    const field = `options[${index}].value`;
    const canonical = canonicalParameterValue(element, value);
    if (seen.has(canonical)) return [[field, "another option has the same value"]];
    seen.add(canonical);
    const fault = parameterValueFault(element, value);
    return fault === null ? [] : [[field, `the value ${fault}`]];
  });
}

function validationFaults(definition: ParameterDefinition): readonly Fault[] {
  const { validation, type } = definition;
  if (validation === undefined) return [];
  const faults: Fault[] = [];
  const { min, max, monotonic, regex } = validation;
  const isForNumbers = min !== undefined || max !== undefined || monotonic !== undefined;
  if (isForNumbers && type !== "number") {
    faults.push(["validation", `min, max and monotonic are for numbers, and this is a ${type}`]);
  }
  if (min !== undefined && max !== undefined && min > max) {
    faults.push(["validation.min", `the minimum ${min} is above the maximum ${max}`]);
  }
  if (regex !== undefined) {
    if (type !== "string") faults.push(["validation.regex", `a pattern is for strings, and this is a ${type}`]);
    const compiled = compileParameterPattern(regex);
    if (compiled.kind === "error") faults.push(["validation.regex", `the pattern ${compiled.reason}`]);
  }
  return faults;
}
