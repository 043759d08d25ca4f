import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import type { NotificationKind } from "../../contracts/notification-kinds.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface InboxRow {
  readonly id: number;
  readonly at: Date;
  readonly kind: NotificationKind;
  readonly organization_id: OrganizationId | null;
  readonly organization: string | null;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly read_at: Date | null;
}

const listStatement: Statement<InboxRow & { readonly total: number }> = statement(
  "inbox_list",
  `select n.id, n.at, n.kind, n.organization_id, o.name as organization, n.subject, n.detail, n.read_at,
  count(*) over ()::int as total
from notifications n
left join organizations o on o.id = n.organization_id
where n.user_id = $1
  and (not $2 or n.read_at is null)
  and ($3::text is null or n.kind = $3)
  and ($4::bigint is null or n.id = $4)
order by n.id desc
limit $5
offset $6`,
);

export interface InboxFilter {
  readonly userId: UserId;
  readonly isUnreadOnly: boolean;
  readonly kind: NotificationKind | null;
  readonly id: number | null;
  readonly limit: number;
  readonly offset: number;
}

const countStatement: Statement<{ readonly total: number }> = statement(
  "inbox_count",
  `select count(*)::int as total
from notifications n
where n.user_id = $1
  and (not $2 or n.read_at is null)
  and ($3::text is null or n.kind = $3)`,
);

/** A page of somebody's inbox, the newest first, and how many there are. */
export async function listInbox(
  sql: Sql,
  filter: InboxFilter,
): Promise<{ readonly rows: readonly InboxRow[]; readonly total: number }> {
  const { userId, isUnreadOnly, kind, id, limit, offset } = filter;
  const rows = await sql.query(listStatement, [userId, isUnreadOnly, kind, id, limit, offset]);
  if (rows[0] !== undefined || offset === 0) return { rows, total: rows[0]?.total ?? 0 };
  // Beyond the last page there is no row to carry the count.
  const [count] = await sql.query(countStatement, [userId, isUnreadOnly, kind]);
  return { rows, total: count?.total ?? 0 };
}

const unreadStatement: Statement<{ readonly unread: number; readonly newest: number | null }> = statement(
  "inbox_unread",
  `select (select count(*)::int from notifications where user_id = $1 and read_at is null) as unread,
  (select max(id) from notifications where user_id = $1) as newest`,
);

export interface InboxState {
  readonly unread: number;
  /** Id of the newest notification; null while there is none. */
  readonly newest: number | null;
}

export async function inboxState(sql: Sql, userId: UserId): Promise<InboxState> {
  return (await sql.query(unreadStatement, [userId]))[0] ?? { unread: 0, newest: null };
}

const readStatement: Statement<{ readonly id: number }> = statement(
  "inbox_read",
  `update notifications
set read_at = $2
where user_id = $1
  and read_at is null
  and ($3::bigint[] is null or id = any($3))
  and id <= coalesce($4, id)
returning id`,
);

/** Marks somebody's notifications as read: those named, or all up to `upTo`. @returns how many were unread. */
export async function markRead(
  sql: Sql,
  input: {
    readonly userId: UserId;
    readonly ids: readonly number[] | null;
    readonly upTo: number | null;
    readonly now: Date;
  },
): Promise<number> {
  return (await sql.query(readStatement, [input.userId, input.now, input.ids, input.upTo])).length;
}
