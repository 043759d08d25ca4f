import { readFileSync } from "node:fs";
import { createMailTransport, type MailTransport } from "../controllers/notifications/mail-transport.ts";
import { createWebhookTransport, type WebhookTransport } from "../controllers/notifications/webhook-transport.ts";
import { ConfigError } from "../platform/config/config-error.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";

export interface NotificationTransports {
  readonly mail: MailTransport | null;
  readonly webhooks: WebhookTransport;
}

/** What notifications leave the server by, as the options say. */
export function notificationTransports(config: ServerConfig): NotificationTransports {
  return {
    mail: config.smtpHost === "" ? null : mailTransport(config),
    webhooks: createWebhookTransport({ isPrivateAllowed: config.webhookAllowPrivate }),
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
