import type { IssuedToken, Token, User } from "../../contracts/api/identity.ts";
import type { Static } from "typebox";
import { CodedError } from "../../contracts/errors.ts";
import type { TokenId, UserId } from "../../contracts/ids.ts";
import { tokenLifetimeDaysMax } from "../../contracts/limits.ts";
import { defaultOrganizationId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  deleteUser,
  insertToken,
  insertUser,
  listUsers,
  revokeToken,
  tokensOfUser,
  userByName,
} from "../../db/people/identity.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator, requireAdministrator } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { hashSecret, newSecret } from "../secret.ts";
import { userView } from "./authenticate.ts";
import { keepAnAdministrator } from "./keep-administrator.ts";
import { hashPassword } from "./password.ts";

const dayMs = 86_400_000;
const tokenLifetimeDaysDefault = 30;

export async function listAllUsers(
  context: AppContext,
  actor: Actor,
  query: PageQuery & { readonly search?: string },
): Promise<{ users: User[]; total: number }> {
  requireAdministrator(actor, "list users");
  const rows = await listUsers(context.db, { search: query.search ?? null, ...pageOf(query) });
  return { users: rows.map(userView), total: rows[0]?.total ?? 0 };
}

export interface CreateUserInput {
  readonly username: string;
  readonly password: string;
  readonly name?: string;
  readonly email?: string;
  readonly role?: "administrator" | "member";
  readonly organizationRole?: "template_admin" | "member";
}

/** Errors: `forbidden`, `name_taken`. */
export async function createUser(context: AppContext, actor: Actor, input: CreateUserInput): Promise<User> {
  requireAdministrator(actor, "create users");
  const passwordHash = await hashPassword(input.password);
  const id = context.random.uuid() as UserId;
  const now = context.clock.now();
  try {
    await context.db.transaction("create user", async (tx) => {
      await insertUser(tx, {
        id,
        username: input.username,
        email: input.email ?? null,
        name: input.name ?? "",
        passwordHash,
        isSystem: false,
        role: input.role ?? "member",
        organizationId: defaultOrganizationId,
        organizationRole: input.organizationRole ?? "member",
        now,
      });
      const detail = { role: input.role ?? "member", organizationRole: input.organizationRole ?? "member" };
      await recordAudit(tx, {
        at: now,
        actorId: actor.userId,
        organizationId: null,
        action: "user.create",
        targetId: id,
        targetName: input.username,
        detail,
      });
    });
  } catch (error) {
    const constraint = violatedUnique(error);
    if (constraint === undefined) throw error;
    const what =
      constraint === "users_email" ? `The e-mail address ${input.email}` : `The user name "${input.username}"`;
    throw new CodedError("name_taken", `${what} is in use.`, { cause: error });
  }
  const row = await userByName(context.db, input.username);
  if (row === undefined) throw new CodedError("not_found", `The user "${input.username}" was deleted at once.`);
  return userView(row);
}

/** Errors: `forbidden`, `not_found`, `last_administrator`, `conflict` while he has workspaces. */
export async function removeUser(context: AppContext, actor: Actor, username: string): Promise<void> {
  requireAdministrator(actor, "delete users");
  const user = await userByName(context.db, username);
  if (user === undefined || user.is_system) throw new CodedError("not_found", `There is no user "${username}".`);
  if (user.id === actor.userId) throw new CodedError("conflict", "You cannot delete yourself.");
  const now = context.clock.now();
  await context.db.transaction("delete user", async (tx) => {
    await keepAnAdministrator(tx, actor, user.id);
    if (!(await deleteUser(tx, user.id, now))) {
      throw new CodedError("conflict", `The user "${username}" still has workspaces.`, {
        next: `Delete them first: \`prewarm list --owner ${username}\` shows them.`,
      });
    }
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "user.delete",
      targetId: user.id,
      targetName: user.username,
      detail: {},
    });
  });
}

export async function listOwnTokens(context: AppContext, actor: Actor): Promise<{ tokens: Token[] }> {
  const rows = await tokensOfUser(context.db, actor.userId, context.clock.now());
  return {
    tokens: rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      name: row.name,
      createdAt: instant(row.created_at),
      expiresAt: instant(row.expires_at),
      lastUsedAt: instant(row.last_used_at),
    })),
  };
}

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
    const { userId } = actor;
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
  });
}
