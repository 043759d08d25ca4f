import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface AuditEntry {
  readonly at: Date;
  /** Null: the deployment itself. */
  readonly actorId: UserId | null;
  readonly organizationId: OrganizationId | null;
  /** `thing.verb`, for example `template.promote`. */
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

const insertStatement: Statement<object> = statement(
  "audit_insert",
  `insert into audit_log (at, actor_id, organization_id, action, target_kind, target_id, detail)
values ($1, $2, $3, $4, $5, $6, $7)`,
);

export async function recordAudit(sql: Sql, entry: AuditEntry): Promise<void> {
  await sql.query(insertStatement, [
    entry.at,
    entry.actorId,
    entry.organizationId,
    entry.action,
    entry.targetKind,
    entry.targetId,
    entry.detail,
  ]);
}
