import { parametersMax } from "../../contracts/limits.ts";
import type { ParameterDefinition } from "../../contracts/parameter-definition.ts";
import { parameterVariable } from "../../contracts/parameter-variable.ts";
import { compileParameterPattern, templatePatternStepsMax } from "./parameter-pattern.ts";
import { parameterValueFault } from "./parameter-value.ts";

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
  const seen = new Map<string, string>();
  let steps = 0;
  return definitions.flatMap((definition, index) => {
    const variable = parameterVariable(definition.name);
    const other = seen.get(variable);
    if (other === undefined) seen.set(variable, definition.name);
    steps += patternSteps(definition);
    const faults = other === undefined ? definitionFaults(definition) : [nameFault(definition.name, other, variable)];
    if (steps > templatePatternStepsMax && patternSteps(definition) > 0) faults.push(tooManySteps(steps));
    return faults.map(([field, reason]) => ({
      parameter: definition.name,
      field: `parameters[${index}].${field}`,
      reason,
    }));
  });
}

type Fault = readonly [field: string, reason: string];

function nameFault(name: string, other: string, variable: string): Fault {
  if (name === other) return ["name", "another parameter has the same name"];
  // Which of the two values a hook would see would be chance.
  return ["name", `"${name}" and "${other}" are both ${variable} in a workspace; rename one of them`];
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
  if (definition.name === "") faults.push(["name", "it is empty"]);
  faults.push(...optionFaults(definition), ...validationFaults(definition));
  // A default is judged only by rules that are sound themselves, or one mistake shows twice.
  if (faults.length === 0 && definition.default !== undefined) {
    const fault = parameterValueFault(definition, definition.default);
    if (fault !== null) faults.push(["default", `the value ${fault}`]);
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
  const element: ParameterDefinition = { ...bare, type: definition.type === "list" ? "string" : definition.type };
  const seen = new Set<string>();
  return options.flatMap(({ value }, index): readonly Fault[] => {
    const field = `options[${index}].value`;
    if (seen.has(value)) return [[field, "another option has the same value"]];
    seen.add(value);
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
