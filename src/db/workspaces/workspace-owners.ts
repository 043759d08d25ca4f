import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface WorkspaceOwnerRow {
  readonly id: WorkspaceId;
  readonly owner_id: UserId;
  readonly organization_id: OrganizationId;
}

const ownersStatement: Statement<WorkspaceOwnerRow> = statement(
  "workspace_owners",
  `select id, owner_id, organization_id
from workspaces
where id = any($1::uuid[])
  and owner_id > '${prebuildsUserId}'`,
  "look",
);

/** Whose the workspaces are, of those that are people's. */
export async function workspaceOwners(sql: Sql, ids: readonly WorkspaceId[]): Promise<WorkspaceOwnerRow[]> {
  return await sql.query(ownersStatement, [ids]);
}
