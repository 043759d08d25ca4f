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

/** The same where its owner's quota does not cover what it would cost then. */
export function notUpdatedForQuota(
  versionName: string,
  cost: { readonly current: number; readonly needed: number; readonly used: number; readonly allowed: number },
): string {
  const missing = cost.used - cost.current + cost.needed - cost.allowed;
  return (
    `not updated to version ${versionName}, with which it costs ${cost.needed} cost units instead of ${cost.current}: ` +
    `that is ${missing} more than its owner's quota allows`
  );
}
