import type { Notification } from "../../contracts/api/notifications.ts";
import { isNotificationKind, type NotificationKind } from "../../contracts/notification-kinds.ts";
import {
  type InboxRow,
  type InboxState,
  inboxState,
  listInbox,
  markRead,
} from "../../db/notifications/notifications.ts";
import { notificationText } from "../../domain/notifications/catalogue.ts";
import { renderPlain } from "../../domain/notifications/render.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";

export interface InboxQuery extends PageQuery {
  readonly unread?: boolean;
  readonly kind?: NotificationKind;
  readonly id?: number;
}

/** The actor's own notifications; nobody reads another's. */
export async function listNotifications(
  context: AppContext,
  actor: Actor,
  query: InboxQuery,
): Promise<{ notifications: Notification[]; total: number; unread: number }> {
  const { rows, total } = await listInbox(context.db, {
    userId: actor.userId,
    isUnreadOnly: query.unread === true,
    kind: query.kind ?? null,
    id: query.id ?? null,
    ...pageOf(query),
  });
  const { unread } = await inboxState(context.db, actor.userId);
  return { notifications: rows.map(viewOf), total, unread };
}

export async function readNotifications(
  context: AppContext,
  actor: Actor,
  input: { readonly ids: readonly number[] } | { readonly upTo: number },
): Promise<{ marked: number; unread: number }> {
  const { userId } = actor;
  const chosen = "ids" in input ? { ids: input.ids, upTo: null } : { ids: null, upTo: input.upTo };
  const marked = await context.db.transaction("read notifications", async (tx) => {
    const count = await markRead(tx, { userId, ...chosen, now: context.clock.now() });
    if (count > 0) tx.emit(`inbox:${userId}`);
    return count;
  });
  return { marked, unread: (await inboxState(context.db, userId)).unread };
}

export async function inboxOf(context: AppContext, actor: Actor): Promise<InboxState> {
  return await inboxState(context.db, actor.userId);
}

function viewOf(row: InboxRow): Notification {
  return {
    id: row.id,
    at: instant(row.at),
    kind: row.kind,
    organization: row.organization,
    subject: row.subject,
    // A kind of another release has no text here; its subject was stored.
    text: isNotificationKind(row.kind) ? renderPlain(notificationText(row.kind, row.detail)) : row.subject,
    detail: { ...row.detail },
    readAt: instant(row.read_at),
  };
}
