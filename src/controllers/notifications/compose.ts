import { isNotificationKind } from "../../contracts/notification-kinds.ts";
import type { ClaimedDelivery, DigestRow } from "../../db/notifications/notification-deliveries.ts";
import { type NotificationText, notificationText } from "../../domain/notifications/catalogue.ts";
import type { Detail } from "../../domain/notifications/detail.ts";
import { type Mail, renderDigest, renderMail, renderPlain } from "../../domain/notifications/render.ts";

const testText: NotificationText = {
  subject: "A test of this webhook",
  what: "Somebody asked for a test of this webhook, and it works.",
  why: "An administrator ran `prewarm notifications webhooks test`.",
  facts: [],
  next: "Nothing.",
  command: null,
};

/** The text of a stored kind; one that this release does not know is said as such, and not lost. */
function textOf(kind: string, detail: Detail): NotificationText {
  if (isNotificationKind(kind)) return notificationText(kind, detail);
  return kind === "test" ? testText : { ...testText, subject: kind, what: kind, why: "another release wrote it" };
}

export function composeMail(delivery: ClaimedDelivery, accessUrl: string): Mail {
  return renderMail(textOf(delivery.kind ?? "", delivery.detail ?? {}), { accessUrl });
}

export function composeDigest(rows: readonly DigestRow[], accessUrl: string): Mail {
  const entries = rows.map(({ at, kind, detail }) => ({ at: at.toISOString(), text: textOf(kind, detail) }));
  return renderDigest(entries, { accessUrl, more: (rows[0]?.total ?? 0) - rows.length });
}

/** The body of a webhook, as `docs/notifications.md` has it. */
export function composeWebhook(delivery: ClaimedDelivery, accessUrl: string): string {
  const text = textOf(delivery.kind ?? "", delivery.detail ?? {});
  return JSON.stringify({
    id: delivery.id,
    eventId: delivery.event_id,
    kind: delivery.kind,
    at: delivery.at?.toISOString() ?? null,
    organization: delivery.organization,
    subject: text.subject,
    text: renderPlain(text),
    detail: delivery.detail,
    url: accessUrl,
  });
}
