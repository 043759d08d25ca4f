import type { User } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { UserId } from "../../contracts/ids.ts";
import { defaultOrganizationId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { deleteUser, insertUser, listUsers, userByName } from "../../db/people/identity.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { type PageQuery, pageOf } from "../page.ts";
import { personOf } from "./accounts.ts";
import { userView } from "./authenticate.ts";
import { keepAnAdministrator } from "./keep-administrator.ts";
import { hashPassword } from "./password.ts";

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
  const user = await personOf(context, username);
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
    tx.emit("credentials");
  });
}
