import type { Problem } from "./errors.ts";
import {
  templateVariableLengthMax,
  templateVariableNameLengthMax,
  templateVariablesLengthMax,
  templateVariablesMax,
} from "./limits.ts";

/** Values of a template's Terraform variables, by name, as they were given at a push: secret, each of them. */
export type TemplateVariables = Readonly<Record<string, string>>;

/** The one that Prewarm sets itself, for each build. */
export const ownVariable = "prewarm";

/** Of a Terraform identifier, what people write: letters, digits, `_` and `-`. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;

export function isVariableName(name: string): boolean {
  return name.length <= templateVariableNameLengthMax && namePattern.test(name);
}

/** What is wrong with variables that are given; the names are told, the values never. */
export function variableFaults(variables: TemplateVariables): readonly Problem[] {
  const names = Object.keys(variables);
  if (names.length > templateVariablesMax) {
    return [{ field: "variables", reason: `${names.length} are given, and at most ${templateVariablesMax} can be` }];
  }
  const problems = Object.entries(variables).flatMap(([name, value]) => {
    const reason = faultOf(name, value);
    return reason === null ? [] : [{ field: `variables.${name.slice(0, templateVariableNameLengthMax)}`, reason }];
  });
  const length = Object.values(variables).reduce((sum, value) => sum + value.length, 0);
  if (problems.length > 0 || length <= templateVariablesLengthMax) return problems;
  const reason = `their values have ${length} characters together, and at most ${templateVariablesLengthMax} can be`;
  return [{ field: "variables", reason }];
}

function faultOf(name: string, value: string): string | null {
  if (!isVariableName(name)) {
    return `a name is a letter or _ and then letters, digits, _ and -, ${templateVariableNameLengthMax} characters at most`;
  }
  if (name === ownVariable) return "Prewarm sets this variable itself, for each build";
  if (value.length <= templateVariableLengthMax) return null;
  return `its value has ${value.length} characters, and at most ${templateVariableLengthMax} can be`;
}
