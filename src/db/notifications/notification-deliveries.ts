import type { DeliveryChannel, DeliveryStatus } from "../../contracts/notification-kinds.ts";
import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** One entry of the outbox, leased to whoever claimed it, with all that its sending needs. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly channel: DeliveryChannel;
  /** This one included. */
  readonly attempts: number;
  readonly user_id: UserId | null;
  readonly digest_at: Date | null;
  readonly event_id: string | null;
  /** Null of a digest. `test` of a webhook's test. */
  readonly kind: string | null;
  readonly at: Date | null;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  readonly organization: string | null;
  /** Null when the person is gone or has no address any more. */
  readonly address: string | null;
  readonly webhook_id: string | null;
  readonly url: string | null;
  readonly sealed: Buffer | null;
  readonly key_id: string | null;
}

const claimStatement: Statement<ClaimedDelivery> = statement(
  "deliveries_claim",
  // `skip locked`: servers that claim at the same time take different rows and never wait for each other. Moving
  // `due_at` behind the lease is what makes the row due again when whoever claims it here dies before its result.
  `with due as (
  select id
  from notification_deliveries
  where status = 'pending'
    and due_at <= $1
    and channel = any($2::text[])
  order by due_at
  limit $3
  for update skip locked
), leased as (
  update notification_deliveries d
  set attempts = d.attempts + 1, due_at = $4, lease = $5
  from due
  where d.id = due.id
  returning d.*
)
select l.id, l.channel, l.attempts, l.user_id, l.digest_at, l.event_id, e.kind, e.at, e.subject, e.detail,
  o.name as organization, u.email as address, l.webhook_id, h.url, h.sealed, h.key_id
from leased l
left join notification_events e on e.id = l.event_id
left join organizations o on o.id = e.organization_id
left join users u on u.id = l.user_id and u.deleted_at is null
left join notification_webhooks h on h.id = l.webhook_id
order by l.created_at`,
);

/** Claims what is due, at most `max`, for `leaseUntil`. It is one statement, committed before anything is sent. */
export async function claimDeliveries(
  sql: Sql,
  input: {
    readonly channels: readonly DeliveryChannel[];
    readonly lease: string;
    readonly leaseUntil: Date;
    readonly max: number;
    readonly now: Date;
  },
): Promise<readonly ClaimedDelivery[]> {
  return await sql.query(claimStatement, [input.now, input.channels, input.max, input.leaseUntil, input.lease]);
}

export type DeliveryResult =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly dueAt: Date; readonly error: string }
  | { readonly kind: "dead" | "dropped"; readonly error: string };

const resultStatement: Statement<{ readonly id: string }> = statement(
  "delivery_result",
  // A result of a lease that was lost says nothing: another has sent it since, or will.
  `update notification_deliveries
set status = $3, due_at = coalesce($4, due_at), last_error = $5, lease = null, ended_at = $6
where id = $1
  and lease = $2
  and status = 'pending'
returning id`,
);

/** Writes what became of a leased delivery; false when the lease was lost. */
export async function writeDeliveryResult(
  sql: Sql,
  delivery: { readonly id: string; readonly lease: string },
  result: DeliveryResult,
  now: Date,
): Promise<boolean> {
  const isOver = result.kind !== "retry";
  const rows = await sql.query(resultStatement, [
    delivery.id,
    delivery.lease,
    isOver ? result.kind : "pending",
    result.kind === "retry" ? result.dueAt : null,
    result.kind === "delivered" ? null : result.error,
    isOver ? now : null,
  ]);
  return rows.length === 1;
}

export interface DigestRow {
  readonly kind: string;
  readonly at: Date;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly total: number;
}

const digestStatement: Statement<DigestRow> = statement(
  "digest_entries",
  `select kind, at, detail, count(*) over ()::int as total
from notifications
where user_id = $1
  and digest_at = $2
order by id
limit $3`,
);

/** What one digest tells, the oldest first. It is the same at each attempt. */
export async function digestEntries(
  sql: Sql,
  digest: { readonly userId: UserId; readonly digestAt: Date },
  max: number,
): Promise<readonly DigestRow[]> {
  return await sql.query(digestStatement, [digest.userId, digest.digestAt, max]);
}

export interface DeliveryRow {
  readonly id: string;
  readonly channel: DeliveryChannel;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly due_at: Date;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  /** User name, or name of the webhook. */
  readonly target: string | null;
  readonly kind: string | null;
  readonly subject: string | null;
}

const listStatement: Statement<DeliveryRow & { readonly total: number }> = statement(
  "deliveries_list",
  `with page as materialized (
  select p.*, row_number() over () as position
  from (
    select d.id, count(*) over ()::int as total
    from notification_deliveries d
    where d.status = $1
      and ($2::text is null or d.channel = $2)
    order by d.created_at desc, d.id
    limit $3
    offset $4) p
)
select x.*, page.total
from page
cross join lateral (
  select d.id, d.channel, d.status, d.attempts, d.due_at, d.last_error, d.created_at, d.ended_at,
    coalesce(u.username, h.name) as target, e.kind, e.subject
  from notification_deliveries d
  left join users u on u.id = d.user_id
  left join notification_webhooks h on h.id = d.webhook_id
  left join notification_events e on e.id = d.event_id
  where d.id = page.id
  limit 1) x
order by page.position`,
);

/** Entries of the outbox with a status, the newest first. */
export async function listDeliveries(
  sql: Sql,
  filter: {
    readonly status: DeliveryStatus;
    readonly channel: DeliveryChannel | null;
    readonly limit: number;
    readonly offset: number;
  },
): Promise<{ readonly rows: readonly DeliveryRow[]; readonly total: number }> {
  const rows = await sql.query(listStatement, [filter.status, filter.channel, filter.limit, filter.offset]);
  return { rows, total: rows[0]?.total ?? 0 };
}

const deadCountStatement: Statement<{ readonly dead: number }> = statement(
  "deliveries_dead_count",
  `select count(*)::int as dead
from notification_deliveries
where status = 'dead'`,
);

export async function countDeadDeliveries(sql: Sql): Promise<number> {
  return (await sql.query(deadCountStatement, []))[0]?.dead ?? 0;
}

const retryStatement: Statement<{ readonly id: string }> = statement(
  "deliveries_retry",
  `update notification_deliveries
set status = 'pending', attempts = 0, due_at = $2, ended_at = null
where id in (
  select id
  from notification_deliveries
  where status = 'dead'
    and ($1::uuid[] is null or id = any($1))
  order by created_at
  limit $3)
  and status = 'dead'
returning id`,
);

/** Puts dead letters back, with all their attempts: those named, or the oldest. Their ids stay. */
export async function retryDeadDeliveries(
  tx: Tx,
  input: { readonly ids: readonly string[] | null; readonly max: number; readonly now: Date },
): Promise<number> {
  const rows = await tx.query(retryStatement, [input.ids, input.now, input.max]);
  if (rows.length > 0) tx.emit("notifications");
  return rows.length;
}
