import type { ParameterDefinition, ParameterValues } from "../../contracts/parameter-definition.ts";
import { type ParameterProblem, type ResolveResult, resolveParameters } from "./resolve-parameters.ts";

/** The values of a workspace's next build: of a version, perhaps, that knows other parameters than that of its last. */
export function carryOver(input: {
  readonly definitions: readonly ParameterDefinition[];
  readonly userValues: ParameterValues;
  readonly previousValues: ParameterValues;
}): ResolveResult {
  const known = new Set(input.definitions.map((definition) => definition.name));
  const previousValues = Object.fromEntries(Object.entries(input.previousValues).filter(([name]) => known.has(name)));
  return resolveParameters({ ...input, previousValues });
}

/** Why a workspace with automatic updates starts with the version that it has; one line, without its full stop. */
export function notUpdatedBecause(versionName: string, problems: readonly ParameterProblem[]): string {
  const what = problems.map(({ parameter, reason }) => `parameter "${parameter}": ${reason}`).join("; ");
  return `not updated to version ${versionName}, which its parameters do not fit (${what})`;
}
