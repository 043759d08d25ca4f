import { hash, verify } from "@node-rs/argon2";
import { CodedError } from "../../contracts/errors.ts";
import { passwordProblem } from "../../contracts/password-rule.ts";

// argon2id (the library's default) at 19 MiB and 2 passes, as OWASP's cheat sheet has it; measured 28 ms.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// Verified against when there is no such user, so that an answer takes as long and tells nobody which names exist.
let decoy: Promise<string> | undefined;

/** The only way to a stored password, so that none comes in that the rule refuses. Errors: `invalid_request`. */
export async function hashPassword(password: string): Promise<string> {
  const problem = passwordProblem(password);
  if (problem !== undefined) throw new CodedError("invalid_request", problem, { next: "Choose another password." });
  return await hash(password, parameters);
}

/** Whether the password is right; null stands for a user who has none, or does not exist. */
export async function isPasswordRight(passwordHash: string | null, password: string): Promise<boolean> {
  decoy ??= hash("decoy", parameters);
  const isRight = await verify(passwordHash ?? (await decoy), password);
  return passwordHash !== null && isRight;
}
