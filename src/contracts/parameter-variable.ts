/** Names of which a variable's name can be made: ASCII letters, digits, `_`, `-` and spaces, the first one no digit. */
const fittingName = /^[a-zA-Z_][a-zA-Z0-9_ -]*$/;

/**
 * Name of the variable in which a workspace's programs see a parameter: `git-branch` becomes `PREWARM_PARAMETER_GIT_BRANCH`,
 * and so would "Git Branch". Undefined for a name that does not fit, such as "Is public instance?".
 */
export function parameterVariable(name: string): string | undefined {
  if (!fittingName.test(name)) return undefined;
  return `PREWARM_PARAMETER_${name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")}`;
}

/**
 * The variables of a build's parameters. Where the names of several become one, none of them is there: which of the values
 * a hook would see would be chance. A publish of a `template.yaml` refuses such names.
 */
export function parameterVariables(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found = Object.entries(parameters).flatMap(([name, value]): (readonly [string, string])[] => {
    const variable = parameterVariable(name);
    return variable === undefined ? [] : [[variable, value]];
  });
  const counts = new Map<string, number>();
  for (const [variable] of found) counts.set(variable, (counts.get(variable) ?? 0) + 1);
  return Object.fromEntries(found.filter(([variable]) => counts.get(variable) === 1));
}
