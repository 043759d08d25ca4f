import type { WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { isPersons } from "./lifecycle.ts";

const renameStatement: Statement<{ readonly before: string }> = statement(
  "workspace_rename",
  // What it was called is read under the lock, so that of two renames each tells the name that it replaced.
  `with held as (
  select w.id, w.name
  from workspaces w
  where w.id = $1
    and w.deleted_at is null
    and ${isPersons}
  for update
)
update workspaces w
set name = $2
from held
where w.id = held.id
returning held.name as before`,
);

/** @returns the name before; undefined for one that is deleted, or an unclaimed prebuild. Errors: the unique index of names. */
export async function renameWorkspace(tx: Tx, workspaceId: WorkspaceId, name: string): Promise<string | undefined> {
  const [row] = await tx.query(renameStatement, [workspaceId, name]);
  if (row !== undefined) tx.emit(`workspace:${workspaceId}`);
  return row?.before;
}
