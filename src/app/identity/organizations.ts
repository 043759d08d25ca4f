import type { Organization } from "../../contracts/api/identity.ts";
import { organizationsOfUser } from "../../db/people/organizations.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator } from "../authorize.ts";

/** The actor's organizations, or all of them for an administrator. */
export async function listOrganizations(
  context: AppContext,
  actor: Actor,
): Promise<{ readonly organizations: Organization[] }> {
  const rows = await organizationsOfUser(context.db, actor.userId, { areAll: isAdministrator(actor) });
  return {
    organizations: rows.map(({ id, name, display_name: displayName, role, members, created_at: createdAt }) => {
      return { id, name, displayName, role, members, createdAt: createdAt.toISOString() };
    }),
  };
}
