import { passwordLengthMax, passwordLengthMin } from "./limits.ts";

/**
 * What is wrong with a new password, or undefined. The one rule, wherever a password comes from: a request, a form, the
 * command line or the environment.
 */
export function passwordProblem(password: string): string | undefined {
  const length = Array.from(password).length;
  if (length < passwordLengthMin) return `A password has at least ${passwordLengthMin} characters.`;
  if (length > passwordLengthMax) return `A password has at most ${passwordLengthMax} characters.`;
  return undefined;
}
