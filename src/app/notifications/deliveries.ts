import type { Delivery } from "../../contracts/api/notifications.ts";
import { deliveriesRetriedMax } from "../../contracts/limits.ts";
import type { DeliveryChannel, DeliveryStatus } from "../../contracts/notification-kinds.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  type DeliveryRow,
  listDeliveries,
  retryDeadDeliveries,
} from "../../db/notifications/notification-deliveries.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";

export interface DeliveryQuery extends PageQuery {
  readonly status?: DeliveryStatus;
  readonly channel?: DeliveryChannel;
}

/** Entries of the outbox: the dead letters unless another status is asked for. */
export async function seeDeliveries(
  context: AppContext,
  actor: Actor,
  query: DeliveryQuery,
): Promise<{ deliveries: Delivery[]; total: number }> {
  requireAdministrator(actor, "see the deliveries of notifications");
  const filter = { status: query.status ?? "dead", channel: query.channel ?? null, ...pageOf(query) };
  const { rows, total } = await listDeliveries(context.db, filter);
  return { deliveries: rows.map(viewOf), total };
}

export async function retryDeliveries(
  context: AppContext,
  actor: Actor,
  input: { readonly ids?: readonly string[] },
): Promise<{ retried: number }> {
  requireAdministrator(actor, "retry the deliveries of notifications");
  const now = context.clock.now();
  const retried = await context.db.transaction("retry deliveries", async (tx) => {
    const count = await retryDeadDeliveries(tx, { ids: input.ids ?? null, max: deliveriesRetriedMax, now });
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: null,
      action: "notification.retry",
      targetId: null,
      targetName: "",
      detail: { retried: count },
    });
    return count;
  });
  return { retried };
}

function viewOf(row: DeliveryRow): Delivery {
  const { id, channel, status, target, kind, subject, attempts } = row;
  return {
    id,
    channel,
    status,
    target,
    kind,
    subject,
    attempts,
    lastError: row.last_error,
    createdAt: instant(row.created_at),
    nextAt: status === "pending" ? instant(row.due_at) : null,
    endedAt: instant(row.ended_at),
  };
}
