import type { OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Somebody got into a workspace, or has left it. */
export interface AccessEntry {
  readonly at: Date;
  /** Null: anybody. */
  readonly actorId: UserId | null;
  readonly organizationId: OrganizationId;
  readonly action: "workspace.enter" | "workspace.leave";
  readonly workspaceId: WorkspaceId;
  readonly workspaceName: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

// A person, or an organization, that is gone meanwhile: the entry is there without.
const insertStatement: Statement<object> = statement(
  "audit_insert_accesses",
  `insert into audit_log (at, actor_id, organization_id, action, target_kind, target_id, target_name, detail)
select e.at, u.id, o.id, e.action, 'workspace', e.workspace_id, e.workspace_name, e.detail::jsonb
from unnest($1::timestamptz[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[])
  as e (at, actor_id, organization_id, action, workspace_id, workspace_name, detail)
left join users u on u.id = e.actor_id
left join organizations o on o.id = e.organization_id`,
);

export async function recordAccess(sql: Sql, entries: readonly AccessEntry[]): Promise<void> {
  await sql.query(insertStatement, [
    entries.map(({ at }) => at),
    entries.map(({ actorId }) => actorId),
    entries.map(({ organizationId }) => organizationId),
    entries.map(({ action }) => action),
    entries.map(({ workspaceId }) => workspaceId),
    entries.map(({ workspaceName }) => workspaceName),
    entries.map(({ detail }) => JSON.stringify(detail)),
  ]);
}
