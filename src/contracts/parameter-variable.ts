/**
 * Name of the variable in which a workspace's programs see a parameter: `git-branch` becomes `PREWARM_PARAMETER_GIT_BRANCH`.
 * Several names may become one, so a publish refuses a template in which two do.
 */
export function parameterVariable(name: string): string {
  return `PREWARM_PARAMETER_${name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")}`;
}
