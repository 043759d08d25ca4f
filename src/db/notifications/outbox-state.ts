import type { DeliveryChannel } from "../../contracts/notification-kinds.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Deliveries of one channel that are late or were given up. */
export interface OutboxChannelRow {
  readonly channel: DeliveryChannel;
  readonly dead: number;
  /** When the oldest of those that are late should have been delivered; null when none is. */
  readonly late_since: Date | null;
}

const outboxStatement: Statement<OutboxChannelRow> = statement(
  "outbox_state",
  // Two parts, each by its own partial index. A digest is written long before it is to be sent; what was tried in vain
  // is late whenever it is tried next.
  `with open as (
  select channel, true as is_dead, null::timestamptz as since
  from notification_deliveries
  where status = 'dead'
  union all
  select channel, false, coalesce(digest_at, created_at)
  from notification_deliveries
  where status = 'pending'
    and (attempts > 0 or due_at <= $1)
)
select channel, count(*) filter (where is_dead)::int as dead, min(since) as late_since
from open
group by 1`,
  "long",
);

/** The outbox by channel, as of an instant; a channel of which nothing is late or dead has no row. */
export async function readOutboxState(sql: Sql, now: Date): Promise<OutboxChannelRow[]> {
  return await sql.query(outboxStatement, [now]);
}
