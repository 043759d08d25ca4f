import type { Static } from "typebox";
import type { IssuedToken, Token } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { TokenId } from "../../contracts/ids.ts";
import { apiTokensPerPersonMax, tokenLifetimeDaysMax } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { holdUser } from "../../db/people/identity.ts";
import { insertToken, revokeToken, tokensOfUser, tokensStanding } from "../../db/people/tokens.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator, requireAdministrator } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { personOf } from "./accounts.ts";

const dayMs = 86_400_000;
const tokenLifetimeDaysDefault = 30;

/** One's own, newest first; an administrator may ask for another's. Errors: `forbidden`, `not_found`. */
export async function listTokens(
  context: AppContext,
  actor: Actor,
  query: PageQuery & { readonly owner?: string },
): Promise<{ tokens: Token[]; total: number }> {
  const isOthers = query.owner !== undefined && query.owner !== actor.username;
  if (isOthers) requireAdministrator(actor, "see another's tokens");
  const userId = isOthers ? (await personOf(context, query.owner)).id : actor.userId;
  const rows = await tokensOfUser(context.db, { userId, now: context.clock.now(), ...pageOf(query) });
  const tokens = rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    name: row.name,
    createdAt: instant(row.created_at),
    expiresAt: instant(row.expires_at),
    lastUsedAt: instant(row.last_used_at),
  }));
  return { tokens, total: rows[0]?.total ?? 0 };
}

/** Errors: `too_many_tokens`; `unauthenticated` when the one that he came with was ended meanwhile. */
export async function createToken(
  context: AppContext,
  actor: Actor,
  input: { readonly name: string; readonly lifetimeDays?: number },
): Promise<Static<typeof IssuedToken>> {
  const days = Math.min(input.lifetimeDays ?? tokenLifetimeDaysDefault, tokenLifetimeDaysMax);
  const secret = newSecret(context.random, "api");
  const now = context.clock.now();
  const expiresAt = new Date(now.getTime() + days * dayMs);
  const id = context.random.uuid() as TokenId;
  await context.db.transaction("create token", async (tx) => {
    const { userId, tokenId } = actor;
    // Counted while nobody else makes or ends his tokens: none comes beyond the cap, nor after all were ended.
    const isThere = await holdUser(tx, userId);
    const standing = await tokensStanding(tx, { userId, tokenId, now });
    if (!isThere || !standing.is_live) {
      throw new CodedError("unauthenticated", "The session or token was ended meanwhile.");
    }
    if (standing.api_tokens >= apiTokensPerPersonMax) {
      throw new CodedError("too_many_tokens", `You have ${apiTokensPerPersonMax} API tokens, which is the most.`);
    }
    await insertToken(tx, {
      id,
      kind: "api",
      userId,
      name: input.name,
      secretHash: hashSecret(secret),
      now,
      expiresAt,
    });
    await recordAudit(tx, {
      at: now,
      actorId: userId,
      organizationId: null,
      action: "token.create",
      targetId: id,
      targetName: input.name,
      detail: { expiresAt: instant(expiresAt) },
    });
  });
  return {
    secret,
    token: {
      id,
      kind: "api",
      name: input.name,
      createdAt: instant(now),
      expiresAt: instant(expiresAt),
      lastUsedAt: null,
    },
  };
}

/** Errors: `not_found`, also for somebody else's token. */
export async function revokeOneToken(context: AppContext, actor: Actor, tokenId: TokenId): Promise<void> {
  const ownedBy = isAdministrator(actor) ? null : actor.userId;
  const now = context.clock.now();
  await context.db.transaction("revoke token", async (tx) => {
    const revoked = await revokeToken(tx, { tokenId, ownedBy, now });
    if (revoked === undefined) throw new CodedError("not_found", "There is no such live token of yours.");
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "token.revoke",
      targetId: tokenId,
      targetName: revoked.name,
      detail: { kind: revoked.kind, of: revoked.username },
    });
    tx.emit("credentials");
  });
}
