import { compileParameterPattern } from "../../../domain/parameters/parameter-pattern.ts";
import { type ParameterConfig, type RuleProblem, shown, type ValidationConfig } from "./parameter-config.ts";
import { integerOf, typeFault } from "./value-types.ts";

/** What is wrong with a `validation` block, whatever the value. */
export function validationConfigProblems({ type, validation }: ParameterConfig): readonly RuleProblem[] {
  if (validation === null) return [];
  return [
    ...numberRuleProblems(type, validation),
    ...monotonicProblems(validation),
    ...regexProblems(type, validation),
  ];
}

/** What a `validation` block refuses in a value. The block itself is sound: `validationConfigProblems` found nothing. */
export function validatedProblems(
  config: ParameterConfig,
  value: string,
  previous: string | undefined,
): readonly RuleProblem[] {
  const { type, validation } = config;
  if (validation === null) return [];
  switch (type) {
    case "string":
      return refused(config, patternFault(validation, value));
    case "number":
      return refused(config, numberFault(validation, value, previous));
    case "bool":
      return refused(
        config,
        value === "true" || value === "false" ? null : `The value ${shown(value)} is neither true nor false.`,
      );
    case "list(string)": {
      const fault = typeFault(type, value);
      return refused(config, fault === null ? null : `The value ${shown(value)} ${fault}.`);
    }
  }
}

/** Whether a text was written at all: an absent attribute and an empty one are the same to Terraform's old types. */
function isGiven(text: string | null): text is string {
  return text !== null && text !== "";
}

function numberRuleProblems(type: ParameterConfig["type"], validation: ValidationConfig): readonly RuleProblem[] {
  return (["min", "max", "monotonic"] as const).flatMap((rule): readonly RuleProblem[] => {
    const given = validation[rule];
    if (given === null || given === "") return [];
    if (type !== "number") return [broken(rule, `"${rule}" is a rule for numbers, and this parameter is a ${type}.`)];
    const isWhole = typeof given === "string" || Number.isInteger(given);
    return isWhole ? [] : [broken(rule, `"${rule}" is ${given}; only whole numbers can be bounds.`)];
  });
}

function monotonicProblems({ monotonic }: ValidationConfig): readonly RuleProblem[] {
  if (!isGiven(monotonic) || monotonic === "increasing" || monotonic === "decreasing") return [];
  return [broken("monotonic", `"monotonic" is ${shown(monotonic)}; it can be "increasing" or "decreasing".`)];
}

function regexProblems(type: ParameterConfig["type"], validation: ValidationConfig): readonly RuleProblem[] {
  const { regex, min, max, monotonic, error } = validation;
  if (!isGiven(regex)) return [];
  const problems: RuleProblem[] = [];
  if (min !== null || max !== null || isGiven(monotonic)) {
    problems.push(
      broken("regex", '"regex" cannot stand beside "min", "max" or "monotonic"; keep the one or the others.'),
    );
  }
  if (type !== "string")
    problems.push(broken("regex", `"regex" is a rule for strings, and this parameter is a ${type}.`));
  if (!isGiven(error)) {
    problems.push(
      broken("error", '"regex" needs an "error": the text that people read when their value does not match.'),
    );
  }
  const compiled = compileParameterPattern(regex);
  if (compiled.kind === "error") problems.push(broken("regex", `The pattern ${compiled.reason}.`));
  return problems;
}

function broken(attribute: keyof ValidationConfig, detail: string): RuleProblem {
  return { path: ["validation", 0, attribute], summary: "A validation rule is not sound", detail };
}

function refused(config: ParameterConfig, detail: string | null): readonly RuleProblem[] {
  if (detail === null) return [];
  return [
    { path: ["value"], summary: `Parameter ${shown(config.name)} has a value that its validation refuses`, detail },
  ];
}

function patternFault({ regex, error }: ValidationConfig, value: string): string | null {
  if (!isGiven(regex)) return null;
  const compiled = compileParameterPattern(regex);
  if (compiled.kind === "error" || compiled.pattern.matches(value)) return null;
  return `${error ?? ""} (The value ${shown(value)} does not match the pattern ${regex}.)`.trimStart();
}

function numberFault(validation: ValidationConfig, value: string, previous: string | undefined): string | null {
  const number = integerOf(value);
  if (number === null) return `The value ${shown(value)} is not a whole number.`;
  const { min, max, error } = validation;
  const standard = boundFault(min, max, number) ?? growthFault(validation, number, previous);
  if (standard === null) return null;
  return isGiven(error) ? filledIn(error, { min, max, value }) : standard;
}

function boundFault(min: number | null, max: number | null, number: bigint): string | null {
  // A comparison of a big number with a float is exact in this language.
  if (min !== null && number < min) return `The value ${number} is below the minimum ${min}.`;
  if (max !== null && number > max) return `The value ${number} is above the maximum ${max}.`;
  return null;
}

function growthFault({ monotonic }: ValidationConfig, number: bigint, previous: string | undefined): string | null {
  const before = previous === undefined ? null : integerOf(previous);
  if (before === null || !isGiven(monotonic)) return null;
  if (monotonic === "increasing" ? number >= before : number <= before) return null;
  return `The value may only ${monotonic === "increasing" ? "grow" : "shrink"}: it was ${before}, and ${number} is ${number > before ? "more" : "less"}.`;
}

/** An author's text with its placeholders filled in; that of a bound which is absent stays as it was written. */
function filledIn(
  error: string,
  { min, max, value }: { readonly min: number | null; readonly max: number | null; readonly value: string },
): string {
  const texts: Readonly<Record<string, string>> = {
    "{min}": min === null ? "{min}" : String(min),
    "{max}": max === null ? "{max}" : String(max),
    "{value}": value,
  };
  // One pass, so that a value which looks like a placeholder is not filled in again.
  return error.replace(/\{(?:min|max|value)\}/g, (placeholder) => texts[placeholder] ?? placeholder);
}
