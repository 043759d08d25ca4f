import type { WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";
import { liveAgents } from "../agents/agents.ts";
import { isPersons } from "./lifecycle.ts";

interface Renamed {
  readonly before: string;
  /** What is going away keeps its name; nothing is changed then. */
  readonly is_deleting: boolean;
}

const renameStatement: Statement<Renamed> = statement(
  "workspace_rename",
  // What it was called is read under the lock, so that of two renames each tells the name that it replaced.
  `with held as (
  select w.id, w.name, coalesce((
    select true
    from builds b
    join jobs j on j.id = b.job_id
    where b.id = w.latest_build_id
      and b.transition = 'delete'
      and j.status not in ('failed', 'canceled')), false) as is_deleting
  from workspaces w
  where w.id = $1
    and ${isPersons}
  for update of w
), renamed as (
  update workspaces w
  set name = $2
  from held
  where w.id = held.id
    and not held.is_deleting
    and held.name <> $2
)
select name as before, is_deleting
from held`,
);

/** @returns the name before; undefined for one that is deleted, or an unclaimed prebuild. Errors: the unique index of names. */
export async function renameWorkspace(tx: Tx, workspaceId: WorkspaceId, name: string): Promise<Renamed | undefined> {
  const [row] = await tx.query(renameStatement, [workspaceId, name]);
  if (row === undefined || row.is_deleting || row.before === name) return row;
  tx.emit(`workspace:${workspaceId}`);
  // Their records have the name: commands that are run from now on see the new one.
  for (const { id } of await liveAgents(tx, workspaceId)) tx.emit(`agent:${id}`);
  return row;
}
