import type { UserId } from "../../contracts/ids.ts";
import { notificationRegistry } from "../../contracts/notification-kinds.ts";
import { notificationText } from "../../domain/notifications/catalogue.ts";
import type { NotificationEvent } from "../../domain/notifications/notification-event.ts";
import { oneLine } from "../../domain/notifications/render.ts";
import { digestGraceMs, notificationSettingsKey } from "../queries/notification-settings.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

interface ToldRow {
  readonly user_id: UserId;
}

const notifyStatement: Statement<ToldRow> = statement(
  "notify",
  // Event, inboxes and outbox in one statement. What a person has chosen at this moment decides; what he chooses later
  // concerns later notifications. Without a mail server nothing is put into the outbox for people.
  `with event as (
  insert into notification_events (id, at, kind, organization_id, subject, detail)
  values (gen_random_uuid(), $1, $2, $3, $4, $5)
  returning id
), setting as (
  select coalesce((s.value ->> 'isEmailOn')::boolean, false) as is_email_on,
    to_timestamp((floor(extract(epoch from $1::timestamptz) * 1000 / i.ms) + 1) * i.ms / 1000) as digest_at
  from (values (1)) one(x)
  left join settings s on s.key = $9
  cross join lateral (select coalesce((s.value ->> 'digestIntervalMs')::numeric, 86400000) as ms) i
), recipient as (
  select u.id, case when u.email is null or not g.is_email_on then 'off' else coalesce(p.email, $8) end as email
  from users u
  cross join setting g
  left join organization_members m on m.user_id = u.id and m.organization_id = $3
  left join notification_preferences p on p.user_id = u.id and p.kind = $2
  where u.deleted_at is null
    and not u.is_system
    and case $6
      when 'owner' then u.id = $7
      when 'template_admins' then u.role = 'administrator' or m.role = 'template_admin'
      else u.role = 'administrator' end
), told as (
  insert into notifications (at, kind, organization_id, user_id, subject, detail, event_id, digest_at)
  select $1, $2, $3, r.id, $4, $5, e.id, case when r.email = 'digest' then g.digest_at end
  from recipient r
  cross join event e
  cross join setting g
  returning user_id
), mails as (
  insert into notification_deliveries (channel, event_id, user_id, due_at, created_at)
  select 'email', e.id, r.id, $1, $1
  from recipient r
  cross join event e
  where r.email = 'on'
), digests as (
  insert into notification_deliveries (channel, user_id, digest_at, due_at, created_at)
  select 'digest', r.id, g.digest_at, g.digest_at + $10 * interval '1 ms', $1
  from recipient r
  cross join setting g
  where r.email = 'digest'
  on conflict (user_id, digest_at) where channel = 'digest' do nothing
), hooks as (
  insert into notification_deliveries (channel, event_id, webhook_id, due_at, created_at)
  select 'webhook', e.id, h.id, $1, $1
  from notification_webhooks h
  cross join event e
  where h.kinds = '{}'
    or $2 = any(h.kinds)
)
select user_id
from told`,
);

export type Notified = NotificationEvent & {
  readonly now: Date;
  /** Null of what concerns the whole deployment. */
  readonly organizationId: string | null;
  /** Of kinds that the owner of something is told. */
  readonly ownerId?: UserId;
};

/**
 * Tells whom it concerns of a change, in the transaction of that change: the registry says who, their preferences say
 * how. Call it where the change is made or noticed by compare-and-set, so that it is told once.
 */
export async function notify(tx: Tx, notified: Notified): Promise<void> {
  const { kind, detail, organizationId, now } = notified;
  const { recipients, email } = notificationRegistry[kind];
  if (recipients === "owner" && notified.ownerId === undefined) throw new Error(`A ${kind} needs an owner to tell.`);
  const subject = oneLine(notificationText(kind, { ...detail }).subject);
  const told = await tx.query(notifyStatement, [
    now,
    kind,
    organizationId,
    subject,
    detail,
    recipients,
    notified.ownerId ?? null,
    email,
    notificationSettingsKey,
    digestGraceMs,
  ]);
  for (const { user_id: userId } of told) tx.emit(`inbox:${userId}`);
  tx.emit("notifications");
}
