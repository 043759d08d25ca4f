import { CodedError } from "../../contracts/errors.ts";
import type { TokenId, UserId } from "../../contracts/ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  activateUser,
  holdUser,
  passwordHashOf,
  setPassword,
  suspendUser,
  type UserRow,
  userByName,
} from "../../db/people/identity.ts";
import { endTokens } from "../../db/people/tokens.ts";
import { tellAgentsOfHolder } from "../../db/secrets/secrets.ts";
import type { Tx } from "../../db/store.ts";
import { haltAutostarts } from "../../db/workspaces/lifecycle-settings.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { keepAnAdministrator } from "./keep-administrator.ts";
import { hashPassword, isPasswordRight } from "./password.ts";

/** A person whom an administrator acts upon. Errors: `not_found`. */
export async function personOf(context: AppContext, username: string): Promise<UserRow> {
  const user = await userByName(context.db, username);
  if (user === undefined || user.is_system) throw noSuchUser(username);
  return user;
}

/** Oneself unless another is named, which is for administrators. Errors: `forbidden`, `not_found`. */
export async function oneselfOr(
  context: AppContext,
  actor: Actor,
  { owner, doing }: { readonly owner?: string | undefined; readonly doing: string },
): Promise<Pick<UserRow, "id" | "username">> {
  if (owner === undefined || owner.toLowerCase() === actor.username.toLowerCase()) {
    return { id: actor.userId, username: actor.username };
  }
  requireAdministrator(actor, doing);
  return await personOf(context, owner);
}

export function noSuchUser(username: string): CodedError {
  return new CodedError("not_found", `There is no user "${username}".`);
}

interface Noted {
  readonly actor: Actor;
  readonly person: { readonly id: UserId; readonly username: string };
  readonly action: AuditAction;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly now: Date;
}

async function note(tx: Tx, { actor, person, action, detail = {}, now }: Noted): Promise<void> {
  await recordAudit(tx, {
    at: now,
    actorId: actor.userId,
    organizationId: null,
    action,
    targetId: person.id,
    targetName: person.username,
    detail,
  });
}

/**
 * Signing in is refused from now on, with the reason; sessions end, API tokens are refused until he is activated.
 * Errors: `forbidden`, `not_found`, `conflict`, `last_administrator`.
 */
export async function suspend(
  context: AppContext,
  actor: Actor,
  input: { readonly username: string; readonly reason: string },
): Promise<void> {
  requireAdministrator(actor, "suspend users");
  const person = await personOf(context, input.username);
  if (person.id === actor.userId) throw new CodedError("conflict", "You cannot suspend yourself.");
  const now = context.clock.now();
  await context.db.transaction("suspend user", async (tx) => {
    await keepAnAdministrator(tx, actor, person.id);
    if (!(await suspendUser(tx, { userId: person.id, because: input.reason, now }))) {
      throw new CodedError("conflict", `The user "${person.username}" is suspended already.`);
    }
    await endTokens(tx, { userId: person.id, hasApiTokens: false, except: null, now });
    await note(tx, { actor, person, action: "user.suspend", detail: { reason: input.reason }, now });
    await tellAgentsOfHolder(tx, { kind: "person", id: person.id });
    tx.emit("credentials");
  });
}

/** Errors: `forbidden`, `not_found`, `conflict`. */
export async function activate(context: AppContext, actor: Actor, username: string): Promise<void> {
  requireAdministrator(actor, "activate users");
  const person = await personOf(context, username);
  const now = context.clock.now();
  await context.db.transaction("activate user", async (tx) => {
    if (!(await activateUser(tx, person.id))) {
      throw new CodedError("conflict", `The user "${person.username}" is not suspended.`);
    }
    // What would have been started meanwhile is not made up for.
    await haltAutostarts(tx, person.id, now);
    await note(tx, { actor, person, action: "user.activate", now });
    await tellAgentsOfHolder(tx, { kind: "person", id: person.id });
  });
}

/** Ends his other sessions, since one may be somebody else's. Errors: `invalid_credentials`, `invalid_request`. */
export async function changeOwnPassword(
  context: AppContext,
  actor: Actor,
  input: { readonly current: string; readonly password: string },
): Promise<{ ended: number }> {
  const { userId } = actor;
  const before = (await passwordHashOf(context.db, userId)) ?? null;
  if (!(await isPasswordRight(before, input.current))) {
    throw new CodedError("invalid_credentials", "The current password is wrong.");
  }
  const passwordHash = await hashPassword(input.password);
  return await replacePassword(context, { actor, person: { id: userId, username: actor.username }, passwordHash });
}

/** Ends all his sessions. Errors: `forbidden`, `not_found`, `invalid_request`. */
export async function resetPassword(
  context: AppContext,
  actor: Actor,
  input: { readonly username: string; readonly password: string },
): Promise<{ ended: number }> {
  requireAdministrator(actor, "set another's password");
  const person = await personOf(context, input.username);
  return await replacePassword(context, { actor, person, passwordHash: await hashPassword(input.password) });
}

async function replacePassword(
  context: AppContext,
  { actor, person, passwordHash }: Pick<Noted, "actor" | "person"> & { readonly passwordHash: string },
): Promise<{ ended: number }> {
  const now = context.clock.now();
  const except: TokenId | null = person.id === actor.userId ? actor.tokenId : null;
  return await context.db.transaction("set password", async (tx) => {
    // The row is held from here on: a sign-in with the password of before comes before this, and ends, or fails.
    if (!(await holdUser(tx, person.id))) throw noSuchUser(person.username);
    await setPassword(tx, person.id, passwordHash);
    const ended = await endTokens(tx, { userId: person.id, hasApiTokens: false, except, now });
    await note(tx, { actor, person, action: "user.set_password", detail: { ended }, now });
    tx.emit("credentials");
    return { ended };
  });
}

/**
 * Ends every session, the one that asks included where it is his own, and API tokens too if said.
 * Errors: `forbidden` and `not_found` for another's.
 */
export async function endSessions(
  context: AppContext,
  actor: Actor,
  input: { readonly username: string | null; readonly apiTokens?: boolean },
): Promise<{ ended: number }> {
  if (input.username !== null) requireAdministrator(actor, "end another's sessions");
  const person =
    input.username === null ? { id: actor.userId, username: actor.username } : await personOf(context, input.username);
  const now = context.clock.now();
  const hasApiTokens = input.apiTokens ?? false;
  return await context.db.transaction("end sessions", async (tx) => {
    if (!(await holdUser(tx, person.id))) throw noSuchUser(person.username);
    const ended = await endTokens(tx, { userId: person.id, hasApiTokens, except: null, now });
    await note(tx, { actor, person, action: "user.end_sessions", detail: { ended, apiTokens: hasApiTokens }, now });
    tx.emit("credentials");
    return { ended };
  });
}
