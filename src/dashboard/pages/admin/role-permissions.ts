import type { AccessRule } from "../../../contracts/api/route.ts";

/** Roles as they are chosen for a user: the last is of the deployment, the others are of an organization. */
export const matrixRoles = ["member", "template_admin", "administrator"] as const;
export type MatrixRole = (typeof matrixRoles)[number];

/** `own`: of what is one's own. `own_and_prebuilds`: and of the prebuilds that nobody has claimed. */
export type Allowance = "all" | "own" | "own_and_prebuilds" | "none";

const everybody = { member: "all", template_admin: "all", administrator: "all" } as const;
const owners = { member: "own", template_admin: "own_and_prebuilds", administrator: "all" } as const;

/** What an access of the table of routes means for each role; null for what is no person's to do. */
export const allowances: Readonly<Record<AccessRule, Readonly<Record<MatrixRole, Allowance>> | null>> = {
  anyone: everybody,
  signed_in: everybody,
  self_or_administrator: { member: "own", template_admin: "own", administrator: "all" },
  administrator: { member: "none", template_admin: "none", administrator: "all" },
  organization_member: everybody,
  template_admin: { member: "none", template_admin: "all", administrator: "all" },
  workspace_owner: owners,
  workspace_user: { member: "own", template_admin: "own", administrator: "own" },
  job_initiator: owners,
  agent_itself: null,
  daemon: null,
};

/** What the parts of the API are called for people; one that is new is called as in the table. */
const areas: Readonly<Partial<Record<string, string>>> = {
  workspaces: "Workspaces",
  terminals: "Terminals",
  apps: "Apps and ports",
  schedules: "Schedules and lifecycle",
  secrets: "Secrets",
  dotfiles: "Dotfiles",
  git: "Git",
  keys: "Keys for signing in by ssh",
  prebuilds: "Pools and prebuilds",
  templates: "Templates",
  jobs: "Jobs",
  identity: "People, roles and sessions",
  groups: "Groups and quota",
  notifications: "Notifications",
  audit: "Audit log",
  provisioner: "Daemons",
  agent: "Agents",
  system: "The deployment",
};

export interface Permission {
  readonly id: string;
  readonly summary: string;
  readonly allowed: Readonly<Record<MatrixRole, Allowance>>;
}

export interface PermissionArea {
  readonly label: string;
  readonly permissions: readonly Permission[];
}

/** A route of the table, as the bundle has it: `access` is an `AccessRule` there. */
export type PermissionRow = readonly [id: string, tag: string, access: string, summary: string];

interface Wanted {
  readonly words: string;
  /** Only what this role may do and the one below it may not; undefined for all. */
  readonly from: MatrixRole | undefined;
}

/** The table of the code as people read it: by area, in the order of the names above. */
export function permissionAreas(table: readonly PermissionRow[], { words, from }: Wanted): readonly PermissionArea[] {
  const wanted = words.trim().toLowerCase();
  const found = new Map<string, Permission[]>(Object.values(areas).map((label = "") => [label, []]));
  for (const [id, tag, access, summary] of table) {
    const allowed = Object.hasOwn(allowances, access) ? allowances[access as AccessRule] : null;
    const label = areas[tag] ?? tag;
    if (allowed === null || !isFirst(allowed, from)) continue;
    if (!`${label} ${summary}`.toLowerCase().includes(wanted)) continue;
    found.set(label, [...(found.get(label) ?? []), { id, summary, allowed }]);
  }
  return [...found].flatMap(([label, permissions]) => (permissions.length === 0 ? [] : [{ label, permissions }]));
}

function isFirst(allowed: Permission["allowed"], from: MatrixRole | undefined): boolean {
  if (from === undefined) return true;
  const below = matrixRoles[matrixRoles.indexOf(from) - 1];
  return allowed[from] !== "none" && (below === undefined || allowed[below] !== allowed[from]);
}
