import { CodedError } from "../contracts/errors.ts";
import type { OrganizationId } from "../contracts/ids.ts";
import { defaultOrganizationId, defaultOrganizationName } from "../contracts/system-ids.ts";
import { organizationByName } from "../db/people/identity.ts";
import type { AppContext } from "./app-context.ts";
import { type Actor, isMember } from "./authorize.ts";

export interface Organization {
  readonly id: OrganizationId;
  readonly name: string;
}

/**
 * The organization that a request names, or the default one.
 * Errors: `not_found` when it does not exist or the actor is not in it; which of the two is not told.
 */
export async function organizationOf(context: AppContext, actor: Actor, nameOrId?: string): Promise<Organization> {
  const found =
    nameOrId === undefined || nameOrId === defaultOrganizationName
      ? { id: defaultOrganizationId, name: defaultOrganizationName }
      : await organizationByName(context.db, nameOrId);
  if (found === undefined || !isMember(actor, found.id)) {
    throw new CodedError(
      "not_found",
      `There is no organization "${nameOrId ?? defaultOrganizationName}" that you are in.`,
    );
  }
  return found;
}
