import type { UserId } from "../../contracts/ids.ts";
import type { NotificationKind } from "../../contracts/notification-kinds.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface WebhookRow {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly NotificationKind[];
  readonly created_at: Date;
}

const listStatement: Statement<WebhookRow> = statement(
  "webhooks_list",
  `select id, name, url, kinds, created_at
from notification_webhooks
order by name
limit 500`,
);

export async function listWebhooks(sql: Sql): Promise<readonly WebhookRow[]> {
  return await sql.query(listStatement, []);
}

const insertStatement: Statement<{ readonly id: string }> = statement(
  "webhook_insert",
  `insert into notification_webhooks (id, name, url, sealed, key_id, kinds, created_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (name) do nothing
returning id`,
);

export interface NewWebhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly sealed: Buffer;
  readonly keyId: string;
  readonly kinds: readonly NotificationKind[];
  readonly by: UserId;
  readonly now: Date;
}

/** Stores a target; false when its name is taken. */
export async function insertWebhook(sql: Sql, webhook: NewWebhook): Promise<boolean> {
  const { id, name, url, sealed, keyId, kinds, now, by } = webhook;
  return (await sql.query(insertStatement, [id, name, url, sealed, keyId, kinds, now, by])).length === 1;
}

const removeStatement: Statement<{ readonly id: string }> = statement(
  "webhook_remove",
  `with gone as (
  delete from notification_webhooks
  where name = $1
  returning id
), dropped as (
  update notification_deliveries d
  set status = 'dropped', ended_at = $2, lease = null, last_error = 'The webhook was removed.'
  from gone
  where d.webhook_id = gone.id
    and d.status in ('pending', 'dead')
)
select id
from gone`,
);

/** Removes a target, and what was still to be delivered to it; its id, or undefined when there is none. */
export async function removeWebhook(tx: Tx, name: string, now: Date): Promise<string | undefined> {
  return (await tx.query(removeStatement, [name, now]))[0]?.id;
}

const testStatement: Statement<{ readonly id: string }> = statement(
  "webhook_test",
  `with event as (
  insert into notification_events (id, at, kind, organization_id, subject, detail)
  select gen_random_uuid(), $2, 'test', null, 'A test of the webhook ' || h.name, '{}'
  from notification_webhooks h
  where h.name = $1
  returning id
)
insert into notification_deliveries (channel, event_id, webhook_id, due_at, created_at)
select 'webhook', e.id, h.id, $2, $2
from notification_webhooks h
cross join event e
where h.name = $1
returning id`,
);

/** Puts a test into the outbox of one target; the delivery's id, or undefined when there is no such target. */
export async function insertWebhookTest(tx: Tx, name: string, now: Date): Promise<string | undefined> {
  const [row] = await tx.query(testStatement, [name, now]);
  if (row !== undefined) tx.emit("notifications");
  return row?.id;
}
