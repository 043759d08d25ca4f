import { certificateVariables, shieldedVariables } from "./shielded-variables.ts";

/** A secret's name is the variable in which the workspace's programs find it. */
export const secretNamePattern = "^[A-Za-z_][A-Za-z0-9_]*$";

/** What programs work by, and no secret: one of these could make every command of a workspace fail, or be another. */
const worksBy: readonly string[] = ["PATH", "HOME", "ENV", "BASH_ENV", "IFS", "SHELLOPTS", "LD_AUDIT"];

const refused: ReadonlySet<string> = new Set(
  [...shieldedVariables, ...certificateVariables, ...worksBy].map((name) => name.toUpperCase()),
);

/** Why a secret cannot have this name, as a sentence's second half; undefined when it can. */
export function secretNameProblem(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (upper.startsWith("PREWARM_")) return `"${name}" begins with PREWARM_, which is for what the agent sets itself`;
  if (refused.has(upper)) return `"${name}" changes how programs run, and is no place for a secret`;
  return undefined;
}
