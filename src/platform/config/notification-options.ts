import { booleanOption, durationOption, enumOption, integerOption, stringOption } from "./option.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How people are told of what happens (docs/notifications.md). */
export const notificationOptions = {
  smtpHost: stringOption({
    name: "notifications.smtp.host",
    default: "",
    description: "Mail server that takes notifications. Without it they are in the inbox, and sent to webhooks, only.",
  }),
  smtpPort: integerOption({
    name: "notifications.smtp.port",
    default: 587,
    min: 1,
    max: 65_535,
    description: "Port of the mail server.",
  }),
  smtpTls: enumOption({
    name: "notifications.smtp.tls",
    default: "starttls",
    choices: ["starttls", "tls", "none"],
    description:
      "`starttls`: the connection is encrypted before anything is said, or given up. `tls`: encrypted from the start (port 465). `none`: never; for a mail server on the same machine.",
  }),
  smtpCaFile: stringOption({
    name: "notifications.smtp.ca_file",
    default: "",
    description: "File with certificate authorities in PEM that the mail server's certificate is checked against.",
  }),
  smtpUsername: stringOption({
    name: "notifications.smtp.username",
    default: "",
    description: "User name at the mail server. Without it nobody signs in there.",
  }),
  smtpPassword: stringOption({
    name: "notifications.smtp.password",
    default: "",
    isSecret: true,
    description: "Password at the mail server.",
  }),
  smtpFrom: stringOption({
    name: "notifications.smtp.from",
    default: "Prewarm <prewarm@localhost>",
    description: "Sender of the mails.",
  }),
  notificationsDigestIntervalMs: durationOption({
    name: "notifications.digest_interval",
    default: dayMs,
    min: minuteMs,
    max: 31 * dayMs,
    description: "Time of which one digest tells; 1h and 1d end at the full hour and at midnight, UTC.",
  }),
  webhookAllowPrivate: booleanOption({
    name: "notifications.webhook.allow_private",
    default: false,
    description: "Whether webhooks may go to this machine and to private, link-local and reserved addresses.",
  }),
  notificationsDaemonLostAfterMs: durationOption({
    name: "notifications.daemon_lost_after",
    default: 5 * minuteMs,
    min: minuteMs,
    max: 30 * dayMs,
    description: "Silence after which an external provisioner daemon is told to be lost.",
  }),
  notificationsPausedAfterMs: durationOption({
    name: "notifications.paused_after",
    default: hourMs,
    min: minuteMs,
    max: 30 * dayMs,
    description: "Time after which a pause of the reconciliation is told, once.",
  }),
};
