import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { workspaceOwners } from "../../db/workspaces/workspace-owners.ts";
import type { AppContext } from "../app-context.ts";

export interface OwnersOfChanged {
  readonly owners: ReadonlySet<UserId>;
  readonly organizations: ReadonlySet<OrganizationId>;
  /** `OWNER ORGANIZATION`, by their ids. */
  readonly both: ReadonlySet<string>;
}

/** Whose lists of workspaces have changed with these. Nobody's with an unclaimed prebuild. */
export async function ownersOfChanged(context: AppContext, ids: readonly WorkspaceId[]): Promise<OwnersOfChanged> {
  const rows = await workspaceOwners(context.db, ids);
  return {
    owners: new Set(rows.map((row) => row.owner_id)),
    organizations: new Set(rows.map((row) => row.organization_id)),
    both: new Set(rows.map((row) => `${row.owner_id} ${row.organization_id}`)),
  };
}
