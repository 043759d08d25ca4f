import { readFileSync } from "node:fs";
import type { AppContext } from "../app/app-context.ts";
import { storeNotificationSettings } from "../app/notifications/notification-preferences.ts";
import type { DeliveryDeps } from "../controllers/notifications/delivery-controller.ts";
import type { WatchDeps } from "../controllers/notifications/watch-controller.ts";
import { createMailTransport, type MailTransport } from "../controllers/notifications/mail-transport.ts";
import { createWebhookTransport } from "../controllers/notifications/webhook-transport.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";

export type Notifications = Pick<DeliveryDeps, "mail" | "webhooks" | "openSecret" | "accessUrl"> &
  Pick<WatchDeps, "daemonLostAfterMs" | "pausedAfterMs">;

/** What tells people of changes, as the options say; stores what the transactions that write the outbox need to know. */
export async function openNotifications(context: AppContext, config: ServerConfig): Promise<Notifications> {
  const mail = config.smtpHost === "" ? null : mailTransport(config);
  await storeNotificationSettings(context, mail !== null);
  return {
    mail,
    webhooks: createWebhookTransport({ isPrivateAllowed: config.webhookAllowPrivate }),
    openSecret: context.stateVault.open,
    accessUrl: context.options.accessUrl,
    daemonLostAfterMs: config.notificationsDaemonLostAfterMs,
    pausedAfterMs: config.notificationsPausedAfterMs,
  };
}

function mailTransport(config: ServerConfig): MailTransport {
  const { smtpUsername: username, smtpPassword: password } = config;
  return createMailTransport({
    host: config.smtpHost,
    port: config.smtpPort,
    tls: config.smtpTls,
    login: username === "" ? null : { username, password },
    from: config.smtpFrom,
    ca: config.smtpCaFile === "" ? null : caOf(config.smtpCaFile),
  });
}

function caOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const message = `notifications.smtp.ca_file names ${path}, which cannot be read (${String(cause)}).`;
    throw new ConfigError([{ option: "notifications.smtp.ca_file", message }], { cause });
  }
}
