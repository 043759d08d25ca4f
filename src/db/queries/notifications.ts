import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const insertStatement: Statement<object> = statement(
  "notify_template_admins",
  // One record for each person who answers for the organization's templates.
  `insert into notifications (at, kind, organization_id, user_id, subject, detail)
select $1, $2, $3, u.id, $4, $5
from users u
left join organization_members m on m.user_id = u.id and m.organization_id = $3
where u.deleted_at is null
  and not u.is_system
  and (u.role = 'administrator' or m.role = 'template_admin')`,
);

export interface AdminNotification {
  readonly kind: string;
  readonly organizationId: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly now: Date;
}

/** Writes a notification for every template admin of the organization. */
export async function notifyTemplateAdmins(sql: Sql, notification: AdminNotification): Promise<void> {
  await sql.query(insertStatement, [
    notification.now,
    notification.kind,
    notification.organizationId,
    notification.subject,
    notification.detail,
  ]);
}

const ownerStatement: Statement<object> = statement(
  "notify_user",
  `insert into notifications (at, kind, organization_id, user_id, subject, detail)
values ($1, $2, $3, $4, $5, $6)`,
);

/** Writes a notification for one person. */
export async function notifyUser(
  sql: Sql,
  userId: string,
  notification: Omit<AdminNotification, "organizationId"> & { readonly organizationId: string | null },
): Promise<void> {
  await sql.query(ownerStatement, [
    notification.now,
    notification.kind,
    notification.organizationId,
    userId,
    notification.subject,
    notification.detail,
  ]);
}
