import { storeNotificationSettings } from "../../src/app/notifications/notification-preferences.ts";
import type { UserId } from "../../src/contracts/ids.ts";
import { createDelivery } from "../../src/controllers/notifications/delivery-controller.ts";
import { createMailTransport, type MailTransport } from "../../src/controllers/notifications/mail-transport.ts";
import { createWatch } from "../../src/controllers/notifications/watch-controller.ts";
import {
  createWebhookTransport,
  type WebhookTransport,
} from "../../src/controllers/notifications/webhook-transport.ts";
import { notify, type Notified } from "../../src/db/notifications/notify.ts";
import { createMetrics, type Metrics } from "../../src/platform/metrics/metrics.ts";
import type { Fixture } from "./fixture.ts";
import { type MailServer, mailLogin, mailServerCertificate } from "./mail-server.ts";
import type { TestServer } from "./server.ts";

const goOn = new AbortController().signal;

export interface SendBy {
  readonly metrics?: Metrics;
  readonly mail?: MailTransport | null;
  readonly webhooks?: WebhookTransport;
}

/** Mail by a mail server of this process, with everything that it wants. */
export function mailBy(server: MailServer, ca: string | null = mailServerCertificate): MailTransport {
  return createMailTransport({
    host: "127.0.0.1",
    port: server.port,
    tls: "starttls",
    login: mailLogin,
    from: "Prewarm <prewarm@example.org>",
    ca,
  });
}

/** Says that the deployment has a mail server, and gives the administrator and alice addresses. */
export async function withMail(fx: Fixture): Promise<void> {
  await storeNotificationSettings(fx.context, true);
  await fx.rows("update users set email = username || '@example.org' where not is_system");
}

/** One run of the delivery controller of a server. */
export async function deliver(server: TestServer, by: SendBy = {}): Promise<Record<string, unknown>> {
  const controller = createDelivery({
    ...server.context,
    // Chance shortens waits; without it they are what they are named.
    random: { ...server.context.random, float: () => 0 },
    accessUrl: () => "https://prewarm.example.org",
    mail: by.mail ?? null,
    metrics: by.metrics ?? createMetrics({ namespace: "prewarm" }),
    webhooks: by.webhooks ?? createWebhookTransport({ isPrivateAllowed: true }),
    openSecret: server.context.stateVault.open,
  });
  return { ...(await controller.run(goOn)).fields };
}

/** One run of the watch; it lets its lease go. */
export async function watch(server: TestServer): Promise<Record<string, unknown>> {
  const controller = createWatch({
    ...server.context,
    serverId: server.id,
    daemonLostAfterMs: 300_000,
    pausedAfterMs: 3_600_000,
    outageGraceMs: 0,
  });
  const report = await controller.run(goOn);
  await controller.release?.();
  return { ...report.fields };
}

export async function tell(fx: Fixture, event: Omit<Notified, "now" | "organizationId">): Promise<void> {
  await fx.store.transaction("test tell", async (tx) =>
    // The parts of a union are put together again; each test gives a kind with its own detail.
    notify(tx, { ...event, organizationId: null, now: fx.clock.now() } as Notified),
  );
}

/** Kinds of what is in somebody's inbox, the oldest first. */
export async function inboxKinds(fx: Fixture, userId: UserId): Promise<string[]> {
  const rows = await fx.rows<{ kind: string }>("select kind from notifications where user_id = $1 order by id", [
    userId,
  ]);
  return rows.map(({ kind }) => kind);
}

export interface OutboxRow {
  readonly id: string;
  readonly channel: string;
  readonly status: string;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly due_at: Date;
}

export async function outbox(fx: Fixture): Promise<OutboxRow[]> {
  return await fx.rows<OutboxRow>(
    "select id, channel, status, attempts, last_error, due_at from notification_deliveries order by created_at, id",
  );
}
