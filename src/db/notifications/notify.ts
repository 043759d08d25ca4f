import type { UserId } from "../../contracts/ids.ts";
import { type NotificationKind, notificationRegistry } from "../../contracts/notification-kinds.ts";
import { notificationText } from "../../domain/notifications/catalogue.ts";
import type { NotificationEvent } from "../../domain/notifications/notification-event.ts";
import { oneLine } from "../../domain/notifications/render.ts";
import { digestGraceMs, notificationSettingsKey } from "./notification-settings.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

interface ToldRow {
  readonly user_id: UserId;
}

const notifyStatement: Statement<ToldRow> = statement(
  "notify",
  // Events, inboxes and outbox in one statement. What a person has chosen at this moment decides; what he chooses later
  // concerns later notifications. Without a mail server nothing is put into the outbox for people.
  `with event as materialized (
  select gen_random_uuid() as id, i.organization_id, i.subject, i.detail, i.owner_id
  from unnest($3::uuid[], $4::text[], $5::jsonb[], $6::uuid[]) as i(organization_id, subject, detail, owner_id)
), stored as (
  insert into notification_events (id, at, kind, organization_id, subject, detail)
  select id, $1, $2, organization_id, subject, detail
  from event
), setting as (
  select coalesce((s.value ->> 'isEmailOn')::boolean, false) as is_email_on,
    to_timestamp((floor(extract(epoch from $1::timestamptz) * 1000 / i.ms) + 1) * i.ms / 1000) as digest_at
  from (values (1)) one(x)
  left join settings s on s.key = $9
  cross join lateral (select coalesce((s.value ->> 'digestIntervalMs')::numeric, 86400000) as ms) i
), concerned as (
  select id as event_id, owner_id as user_id
  from event
  where $7 = 'owner'
  union
  select e.id, u.id
  from event e
  join users u on u.role = 'administrator'
  where $7 <> 'owner'
  union
  select e.id, m.user_id
  from event e
  join organization_members m on m.organization_id = e.organization_id and m.role = 'template_admin'
  where $7 = 'template_admins'
), recipient as (
  select c.event_id, u.id, case when u.email is null or not g.is_email_on then 'off' else coalesce(p.email, $8) end as email
  from concerned c
  join users u on u.id = c.user_id and u.deleted_at is null and not u.is_system
  cross join setting g
  left join notification_preferences p on p.user_id = u.id and p.kind = $2
), told as (
  insert into notifications (at, kind, organization_id, user_id, subject, detail, event_id, digest_at)
  select $1, $2, e.organization_id, r.id, e.subject, e.detail, e.id, case when r.email = 'digest' then g.digest_at end
  from recipient r
  join event e on e.id = r.event_id
  cross join setting g
  returning user_id
), mails as (
  insert into notification_deliveries (channel, event_id, user_id, due_at, created_at)
  select 'email', r.event_id, r.id, $1, $1
  from recipient r
  where r.email = 'on'
), digests as (
  insert into notification_deliveries (channel, user_id, digest_at, due_at, created_at)
  select distinct 'digest', r.id, g.digest_at, g.digest_at + $10 * interval '1 ms', $1::timestamptz
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
select distinct user_id
from told`,
);

interface Concern {
  readonly now: Date;
  /** Null of what concerns the whole deployment. */
  readonly organizationId: string | null;
  /** Of kinds that the owner of something is told. */
  readonly ownerId?: UserId;
}

export type Notified = NotificationEvent & Concern;

/**
 * Tells whom it concerns of a change, in the transaction of that change: the registry says who, their preferences say
 * how. Call it where the change is made or noticed by compare-and-set, so that it is told once.
 */
export async function notify(tx: Tx, notified: Notified): Promise<void> {
  await notifyAll(tx, notified.kind, { now: notified.now, changes: [notified] });
}

/** The same for several changes of one kind, in one statement however many they are. */
export async function notifyAll<Kind extends NotificationKind>(
  tx: Tx,
  kind: Kind,
  told: {
    readonly now: Date;
    readonly changes: readonly (Pick<Extract<NotificationEvent, { kind: Kind }>, "detail"> & Omit<Concern, "now">)[];
  },
): Promise<void> {
  const { changes, now } = told;
  if (changes.length === 0) return;
  const { recipients, email } = notificationRegistry[kind];
  if (recipients === "owner" && changes.some(({ ownerId }) => ownerId === undefined)) {
    throw new Error(`A ${kind} needs an owner to tell.`);
  }
  const people = await tx.query(notifyStatement, [
    now,
    kind,
    changes.map(({ organizationId }) => organizationId),
    changes.map(({ detail }) => oneLine(notificationText(kind, { ...detail }).subject)),
    changes.map(({ detail }) => JSON.stringify(detail)),
    changes.map(({ ownerId }) => ownerId ?? null),
    recipients,
    email,
    notificationSettingsKey,
    digestGraceMs,
  ]);
  for (const { user_id: userId } of people) tx.emit(`inbox:${userId}`);
  tx.emit("notifications");
}
