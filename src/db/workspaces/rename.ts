import type { WorkspaceId } from "../../contracts/ids.ts";
import { liveAgents } from "../agents/agents.ts";
import { lockWorkspace } from "../builds/start-build.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

interface NamedRow {
  readonly name: string;
  readonly is_deleted: boolean;
  readonly is_unclaimed: boolean;
  readonly is_in_deletion: boolean;
  readonly is_harmless: boolean;
}

const namedStatement: Statement<NamedRow> = statement(
  "workspace_named",
  // One whose delete has failed or was cancelled is there to stay until somebody deletes it again.
  `select w.name, w.deleted_at is not null as is_deleted,
  coalesce(l.state <> 'claimed', false) as is_unclaimed,
  b.transition = 'delete' and coalesce(j.status, 'succeeded') not in ('failed', 'canceled') as is_in_deletion,
  v.claim_effect = 'none' as is_harmless
from workspaces w
join builds b on b.id = w.latest_build_id
join template_versions v on v.id = b.template_version_id
left join jobs j on j.id = b.job_id
left join prebuilds l on l.workspace_id = w.id
where w.id = $1`,
);

const renameStatement: Statement<object> = statement(
  "workspace_rename",
  `update workspaces
set name = $2
where id = $1`,
);

export type RenameResult =
  /** `isHarmless`: the driver makes nothing of a workspace's name. */
  | { readonly kind: "renamed" | "same"; readonly before: string; readonly isHarmless: boolean }
  | { readonly kind: "gone" | "unclaimed" | "in_deletion" };

/** Errors: the unique index of names; then the transaction is over. */
export async function renameWorkspace(tx: Tx, workspaceId: WorkspaceId, name: string): Promise<RenameResult> {
  // As a claim and a delete do, so that each sees the other, and of two renames the later one the name of the first.
  await lockWorkspace(tx, workspaceId);
  const [row] = await tx.query(namedStatement, [workspaceId]);
  if (row === undefined || row.is_deleted) return { kind: "gone" };
  if (row.is_unclaimed) return { kind: "unclaimed" };
  if (row.is_in_deletion) return { kind: "in_deletion" };
  const answer = { before: row.name, isHarmless: row.is_harmless };
  if (row.name === name) return { kind: "same", ...answer };
  await tx.query(renameStatement, [workspaceId, name]);
  tx.emit(`workspace:${workspaceId}`);
  // They look at what the workspace is called now, for the commands that come.
  for (const { id } of await liveAgents(tx, workspaceId)) tx.emit(`agent:${id}`);
  return { kind: "renamed", ...answer };
}
