import { type AuditAction, auditActions } from "../../contracts/audit-actions.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface AuditEntry {
  readonly at: Date;
  /** Null: the deployment itself. */
  readonly actorId: UserId | null;
  readonly organizationId: OrganizationId | null;
  readonly action: AuditAction;
  readonly targetId: string | null;
  /** What the target was called then; empty for what has no name. Of a workspace without its owner. */
  readonly targetName: string;
  /** What else there is to say; a `reason` is shown to people as it is. */
  readonly detail: Readonly<Record<string, unknown>>;
}

const insertStatement: Statement<object> = statement(
  "audit_insert",
  `insert into audit_log (at, actor_id, organization_id, action, target_kind, target_id, target_name, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

export async function recordAudit(sql: Sql, entry: AuditEntry): Promise<void> {
  await sql.query(insertStatement, [
    entry.at,
    entry.actorId,
    entry.organizationId,
    entry.action,
    auditActions[entry.action].target,
    entry.targetId,
    entry.targetName,
    entry.detail,
  ]);
}
