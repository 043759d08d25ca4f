import type { User } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TokenId } from "../../contracts/ids.ts";
import { type AuthenticatedRow, userByTokenId, usersByTokenIds } from "../../db/people/authentication.ts";
import type { UserRow } from "../../db/people/identity.ts";
import { touchToken } from "../../db/people/tokens.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { gatheredLookups } from "../gathered-lookups.ts";
import { instant } from "../page.ts";
import { hashSecret } from "../secret.ts";

/** "Last used" of a token is written at most this often, so that a request is not a write. */
const touchEveryMs = 60_000;

/** The user behind a session or API token. Errors: `unauthenticated`, `account_suspended`. */
export async function authenticate(context: AppContext, secret: string): Promise<Actor> {
  const now = context.clock.now();
  const row = await gatheredLookups(context).userByToken.ask(hashSecret(secret));
  if (row === undefined) throw credentialUnknown();
  return actorOf(context, row, now);
}

/**
 * The user behind a session or token that another server of the deployment has been shown.
 * Errors: `unauthenticated`, `account_suspended`.
 */
export async function authenticateById(context: AppContext, tokenId: TokenId): Promise<Actor> {
  const now = context.clock.now();
  const row = await userByTokenId(context.db, tokenId, now);
  if (row === undefined) throw credentialUnknown();
  return actorOf(context, row, now);
}

function credentialUnknown(): CodedError {
  return new CodedError("unauthenticated", "The session or token is unknown, expired or revoked.");
}

/** Errors: `account_suspended`. */
function actorOf(context: AppContext, row: AuthenticatedRow, now: Date): Actor {
  if (row.suspended_at !== null) throw accountSuspended(row.suspended_because);
  if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() > touchEveryMs) {
    touchToken(context.db, row.token_id, now).catch((error: unknown) =>
      context.logger.debug("the use of a token could not be noted", { reason: String(error) }),
    );
  }
  return actorBehind(row);
}

/** Those behind the sessions and tokens that hold, by them, with the roles that they have now. */
export async function actorsAsTheyAre(
  context: AppContext,
  tokenIds: readonly TokenId[],
): Promise<ReadonlyMap<TokenId, Actor>> {
  const rows = await usersByTokenIds(context.db, tokenIds, context.clock.now());
  return new Map(rows.filter((row) => row.suspended_at === null).map((row) => [row.token_id, actorBehind(row)]));
}

function actorBehind(row: AuthenticatedRow): Actor {
  return {
    userId: row.id,
    username: row.username,
    name: row.name,
    email: row.email,
    role: row.role,
    organizations: row.organizations,
    createdAt: row.created_at,
    tokenId: row.token_id,
  };
}

export function accountSuspended(because: string | null): CodedError {
  const reason = because === null || because === "" ? "" : ` The reason: ${because}`;
  return new CodedError("account_suspended", `Your account is suspended.${reason}`);
}

export function userView(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    name: row.name,
    email: row.email,
    role: row.role,
    organizations: row.organizations.map((membership) => ({ ...membership })),
    createdAt: instant(row.created_at),
    suspendedAt: instant(row.suspended_at),
    suspendedBecause: row.suspended_because,
  };
}

export function actorView(actor: Actor): User {
  return {
    id: actor.userId,
    username: actor.username,
    name: actor.name,
    email: actor.email,
    role: actor.role,
    organizations: actor.organizations.map((membership) => ({ ...membership })),
    createdAt: instant(actor.createdAt),
    // Who is suspended is nobody's actor.
    suspendedAt: null,
    suspendedBecause: null,
  };
}
