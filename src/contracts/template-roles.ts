import type { User } from "./api/identity.ts";

/** Whether somebody may publish, promote and delete the templates of an organization. */
export function isTemplateAdminOf(me: User, organization: string): boolean {
  if (me.role === "administrator") return true;
  return me.organizations.some(({ name, role }) => name === organization && role === "template_admin");
}

/** Why he may not, for a button that is disabled; undefined: he may. */
export function templateRefusal(me: User, organization: string): string | undefined {
  return isTemplateAdminOf(me, organization)
    ? undefined
    : "This is for template admins of the organization, and for administrators.";
}

/** Of the first of his organizations, where no template says which. */
export function publishRefusal(me: User): string | undefined {
  return templateRefusal(me, me.organizations[0]?.name ?? "");
}
