import type { User } from "../../contracts/api/identity.ts";
import { defaultOrganizationId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { type Membership, setOrganizationRole, setRole, type UserRow, userByName } from "../../db/people/identity.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { noSuchUser, personOf } from "./accounts.ts";
import { userView } from "./authenticate.ts";
import { keepAnAdministrator } from "./keep-administrator.ts";

export interface RoleChange {
  readonly username: string;
  readonly role?: UserRow["role"];
  readonly organizationRole?: Membership["role"];
}

/**
 * Changes what a person may do, from his next request on: sessions and tokens have no roles of their own. What he has
 * open already goes on, as each look of a stream asks for what he may see.
 * Errors: `forbidden`, `not_found`, `last_administrator`.
 */
export async function changeRole(context: AppContext, actor: Actor, input: RoleChange): Promise<User> {
  requireAdministrator(actor, "change the roles of users");
  const person = await personOf(context, input.username);
  const now = context.clock.now();
  await context.db.transaction("set role", async (tx) => {
    // Also where somebody becomes an administrator: who asked may have ceased to be one.
    await keepAnAdministrator(tx, actor, input.role === "member" ? person.id : null);
    const before = input.role === undefined ? person.role : await setRole(tx, person.id, input.role);
    if (before === undefined) throw noSuchUser(person.username);
    if (input.organizationRole !== undefined) {
      const membership = {
        organizationId: defaultOrganizationId,
        userId: person.id,
        role: input.organizationRole,
        now,
      };
      await setOrganizationRole(tx, membership);
    }
    tx.emit("roles");
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "user.set_role",
      targetId: person.id,
      targetName: person.username,
      detail: {
        ...(input.role === undefined ? {} : { role: input.role, before }),
        ...(input.organizationRole === undefined ? {} : { organizationRole: input.organizationRole }),
      },
    });
  });
  const changed = await userByName(context.db, person.username);
  if (changed === undefined) throw noSuchUser(person.username);
  return userView(changed);
}
