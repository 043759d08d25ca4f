export type RoleChoice = "member" | "template_admin" | "administrator";

export const roleChoices = [
  { value: "member", label: "Member: has workspaces" },
  { value: "template_admin", label: "Template admin: publishes templates too" },
  { value: "administrator", label: "Administrator: everything" },
] as const;

export function roleBody(choice: RoleChoice) {
  return {
    role: choice === "administrator" ? ("administrator" as const) : ("member" as const),
    organizationRole: choice === "template_admin" ? ("template_admin" as const) : ("member" as const),
  };
}
