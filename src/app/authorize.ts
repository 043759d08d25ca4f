import { CodedError } from "../contracts/errors.ts";
import type { OrganizationId, TokenId, UserId } from "../contracts/ids.ts";
import type { Membership } from "../db/people/identity.ts";

/** Who is acting: a signed-in user, with the roles that he had when the request came in. */
export interface Actor {
  readonly userId: UserId;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: "administrator" | "member";
  readonly organizations: readonly Membership[];
  readonly createdAt: Date;
  readonly tokenId: TokenId;
}

export function isAdministrator(actor: Actor): boolean {
  return actor.role === "administrator";
}

export function isMember(actor: Actor, organizationId: OrganizationId): boolean {
  return isAdministrator(actor) || actor.organizations.some((membership) => membership.id === organizationId);
}

export function isTemplateAdmin(actor: Actor, organizationId: OrganizationId): boolean {
  return (
    isAdministrator(actor) ||
    actor.organizations.some((membership) => membership.id === organizationId && membership.role === "template_admin")
  );
}

export function requireAdministrator(actor: Actor, doing: string): void {
  if (!isAdministrator(actor)) throw forbidden(doing, "administrators");
}

export function requireTemplateAdmin(actor: Actor, organizationId: OrganizationId, doing: string): void {
  if (!isTemplateAdmin(actor, organizationId)) throw forbidden(doing, "template admins of the organization");
}

export function forbidden(doing: string, who: string): CodedError {
  return new CodedError("forbidden", `You may not ${doing}: that is for ${who}.`);
}

/** A workspace as far as permissions go. */
export interface WorkspaceOwnership {
  readonly organization_id: OrganizationId;
  readonly owner_id: UserId;
  readonly is_prebuild: boolean;
}

/**
 * Whether the actor may look at, stop and delete a workspace: its owner and administrators; an unclaimed prebuild's
 * template admins too, who answer for the template, but never for a person's workspace (case 164).
 */
export function canManageWorkspace(actor: Actor, workspace: WorkspaceOwnership): boolean {
  if (isAdministrator(actor)) return true;
  if (workspace.is_prebuild) return isTemplateAdmin(actor, workspace.organization_id);
  return workspace.owner_id === actor.userId;
}
