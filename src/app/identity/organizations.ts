import type { Organization } from "../../contracts/api/identity.ts";
import { CodedError } from "../../contracts/errors.ts";
import {
  type OrganizationSummary,
  type OrganizationsAsked,
  organizationsOfUser,
} from "../../db/people/organizations.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isAdministrator } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { type PageQuery, pageOf } from "../page.ts";

function view(row: OrganizationSummary): Organization {
  const { id, name, display_name: displayName, role, members, created_at: createdAt } = row;
  return { id, name, displayName, role, members, createdAt: createdAt.toISOString() };
}

/** The actor's organizations, or all of them for an administrator. */
export async function listOrganizations(
  context: AppContext,
  actor: Actor,
  query: PageQuery & Pick<OrganizationsAsked, "search" | "sort" | "order">,
): Promise<{ readonly organizations: Organization[]; readonly total: number }> {
  const rows = await organizationsOfUser(context.db, actor.userId, {
    ...query,
    ...pageOf(query),
    areAll: isAdministrator(actor),
  });
  return { organizations: rows.map(view), total: rows[0]?.total ?? 0 };
}

/** Errors: `not_found`, also for one that the actor is not in. */
export async function getOrganization(context: AppContext, actor: Actor, nameOrId: string): Promise<Organization> {
  const { id } = await organizationOf(context, actor, nameOrId);
  const [row] = await organizationsOfUser(context.db, actor.userId, { areAll: true, id, limit: 1, offset: 0 });
  if (row === undefined) throw new CodedError("not_found", `There is no organization "${nameOrId}" any more.`);
  return view(row);
}
