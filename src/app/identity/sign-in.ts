import type { User } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TokenId } from "../../contracts/ids.ts";
import { sessionsPerPersonMax } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { firstAdministrator } from "../../db/people/administrators.ts";
import { setPassword, userByName } from "../../db/people/identity.ts";
import { consumeSetupLink } from "../../db/people/setup-links.ts";
import { endOldestSessions, insertSession, revokeToken } from "../../db/people/tokens.ts";
import type { Sql } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { instant } from "../page.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { accountSuspended, userView } from "./authenticate.ts";
import { administratorUsername } from "./first-run.ts";
import { hashPassword, isPasswordRight } from "./password.ts";

export interface SignedIn {
  readonly secret: string;
  readonly user: User;
  readonly expiresAt: string;
}

/**
 * Errors: `invalid_credentials`, whichever of the two is wrong; `account_suspended`, which is said only to those who know
 * the password.
 */
export async function signIn(
  context: AppContext,
  input: { readonly username: string; readonly password: string },
): Promise<SignedIn> {
  const user = await userByName(context.db, input.username);
  const passwordHash = user === undefined || user.is_system ? null : user.password_hash;
  const isRight = await isPasswordRight(passwordHash, input.password);
  if (user === undefined || passwordHash === null || !isRight) throw invalidCredentials();
  if (user.suspended_at !== null) throw accountSuspended(user.suspended_because);
  const secret = newSecret(context.random, "session");
  const now = context.clock.now();
  const expiresAt = new Date(now.getTime() + context.options.sessionLifetimeMs);
  const isMade = await insertSession(context.db, {
    id: context.random.uuid() as TokenId,
    userId: user.id,
    name: "session",
    secretHash: hashSecret(secret),
    now,
    expiresAt,
    passwordHash,
  });
  // Changed, suspended or deleted while the password was compared.
  if (!isMade) throw invalidCredentials();
  // Nobody is kept out by sessions that he has forgotten somewhere: the oldest go.
  const ended = await endOldestSessions(context.db, user.id, now, sessionsPerPersonMax);
  if (ended > 0) context.db.publish(["credentials"]);
  return { secret, user: userView(user), expiresAt: instant(expiresAt) };
}

function invalidCredentials(): CodedError {
  return new CodedError("invalid_credentials", "The user name or the password is wrong.");
}

export async function signOut(context: AppContext, actor: Actor): Promise<void> {
  await revokeToken(context.db, { tokenId: actor.tokenId, ownedBy: actor.userId, now: context.clock.now() });
  context.db.publish(["credentials"]);
}

/** Sets the administrator's first password with the one-time link. Errors: `setup_link_invalid`, `already_set_up`. */
export async function setUp(
  context: AppContext,
  input: { readonly secret: string; readonly password: string },
): Promise<{ username: string }> {
  const passwordHash = await hashPassword(input.password);
  const now = context.clock.now();
  return await context.db.transaction("set up", async (tx) => {
    const userId = await consumeSetupLink(tx, hashSecret(input.secret), now);
    if (userId === undefined) throw await setUpRefusal(tx);
    const username = (await setPassword(tx, userId, passwordHash)) ?? "";
    await recordAudit(tx, {
      at: now,
      actorId: userId,
      organizationId: null,
      action: "user.set_password",
      targetId: userId,
      targetName: username,
      detail: {},
    });
    return { username };
  });
}

async function setUpRefusal(sql: Sql): Promise<CodedError> {
  const administrator = await firstAdministrator(sql, administratorUsername);
  if (administrator?.has_password === true) {
    return new CodedError("already_set_up", "The administrator has a password already: the set-up is done.");
  }
  return new CodedError("setup_link_invalid", "The set-up link is wrong, was used already, or has expired.");
}
