import type { DeliveryChannel } from "../../contracts/notification-kinds.ts";
import {
  claimDeliveries,
  type ClaimedDelivery,
  type DeliveryResult,
  digestEntries,
  writeDeliveryResult,
} from "../../db/notifications/notification-deliveries.ts";
import type { Db } from "../../db/store.ts";
import { afterFailure, deliveryAttemptsMax } from "../../domain/notifications/delivery-retry.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Metrics } from "../../platform/metrics/metrics.ts";
import type { Random } from "../../platform/random.ts";
import { type Controller, longRunMsMax } from "../controller.ts";
import { composeDigest, composeMail, composeWebhook } from "./compose.ts";
import { createDeliveryCounts } from "./delivery-counts.ts";
import type { MailTransport } from "./mail-transport.ts";
import type { WebhookTransport } from "./webhook-transport.ts";

const intervalMs = 10_000;
/** Deliveries claimed at once, and sent at the same time: the slowest of them decides how long a batch takes. */
const batchMax = 8;
/** Batches of one run; the next run takes the rest. */
const batchesPerRunMax = 50;
/** Longer than a batch can take with all of its time limits. A server that dies has its batch sent again after it. */
const leaseMs = 120_000;
/** Notifications that one digest tells in full. */
const digestEntriesMax = 50;
const errorLengthMax = 500;

export interface DeliveryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly accessUrl: () => string;
  /** Null: this server sends no mail. */
  readonly mail: MailTransport | null;
  readonly webhooks: WebhookTransport;
  /** Opens a webhook's secret. */
  readonly openSecret: (
    webhookId: string,
    sealed: { readonly sealed: Buffer; readonly keyId: string },
  ) => Promise<unknown>;
}

/**
 * Empties the outbox: claims what is due, sends it outside of any transaction, then writes what became of it. Servers
 * share the work; a server that dies between sending and writing leaves a delivery that is sent again, with its id.
 */
export function createDelivery(deps: DeliveryDeps): Controller {
  const channels: readonly DeliveryChannel[] = deps.mail === null ? ["webhook"] : ["webhook", "email", "digest"];
  const count = createDeliveryCounts(deps.metrics);
  return {
    name: "notifications",
    intervalMs,
    runMsMax: longRunMsMax,
    topics: ["notifications"],
    run: async (shouldStop) => {
      const counts = { delivered: 0, retry: 0, dead: 0, dropped: 0 };
      for (let batch = 0; batch < batchesPerRunMax && !shouldStop.aborted; batch += 1) {
        const now = deps.clock.now();
        const lease = deps.random.uuid();
        const leaseUntil = new Date(now.getTime() + leaseMs);
        const claimed = await claimDeliveries(deps.db, { channels, lease, leaseUntil, max: batchMax, now });
        await Promise.all(
          claimed.map(async (delivery) => {
            const result = await attempt(deps, delivery);
            if (await writeDeliveryResult(deps.db, { id: delivery.id, lease }, result, deps.clock.now())) {
              counts[result.kind] += 1;
              count(delivery.channel, result.kind);
            }
          }),
        );
        if (claimed.length < batchMax) break;
      }
      return { outcome: "ok", fields: counts };
    },
    release: () => {
      deps.mail?.close();
      return Promise.resolve();
    },
  };
}

async function attempt(deps: DeliveryDeps, delivery: ClaimedDelivery): Promise<DeliveryResult> {
  const { id, channel, attempts } = delivery;
  // Only where the server died at each attempt: what was sent so often without a result is not sent once more.
  if (attempts > deliveryAttemptsMax) {
    return { kind: "dead", error: "The server ended during each attempt; whether it was delivered is not known." };
  }
  try {
    const gone = await send(deps, delivery);
    return gone === null ? { kind: "delivered" } : { kind: "dropped", error: gone };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, errorLengthMax);
    const next = afterFailure(attempts, deps.random.float());
    if (next.kind === "dead") {
      deps.logger.error("a notification could not be delivered and is given up", { id, channel, attempts, reason });
      return { kind: "dead", error: reason };
    }
    deps.logger.warn("a notification could not be delivered; it is tried again", { id, channel, attempts, reason });
    return { kind: "retry", dueAt: new Date(deps.clock.now().getTime() + next.waitMs), error: reason };
  }
}

/** @returns why there is nobody to send it to any more, or null when it was sent. */
async function send(deps: DeliveryDeps, delivery: ClaimedDelivery): Promise<string | null> {
  const { id, address, digest_at: digestAt, user_id: userId } = delivery;
  const accessUrl = deps.accessUrl();
  if (delivery.channel === "webhook") return await sendWebhook(deps, delivery);
  if (deps.mail === null) throw new Error("this server has no mail server");
  if (address === null) return "The person is gone, or has no address any more.";
  if (delivery.channel === "email") {
    const mail = composeMail(delivery, accessUrl);
    await deps.mail.send({ ...mail, id, to: address, at: delivery.at ?? deps.clock.now() });
    return null;
  }
  if (userId === null || digestAt === null) throw new Error(`The digest ${id} is of nobody.`);
  const entries = await digestEntries(deps.db, { userId, digestAt }, digestEntriesMax);
  if (entries.length === 0) return "What it was to tell is gone.";
  await deps.mail.send({ ...composeDigest(entries, accessUrl), id, to: address, at: digestAt });
  return null;
}

async function sendWebhook(deps: DeliveryDeps, delivery: ClaimedDelivery): Promise<string | null> {
  const { id, url, webhook_id: webhookId, sealed, key_id: keyId } = delivery;
  if (url === null || webhookId === null || sealed === null || keyId === null) return "The webhook was removed.";
  const secret = await deps.openSecret(webhookId, { sealed, keyId });
  if (typeof secret !== "string") throw new Error("the secret of the webhook is no text");
  await deps.webhooks.send({ id, url, secret, body: composeWebhook(delivery, deps.accessUrl()), at: deps.clock.now() });
  return null;
}
