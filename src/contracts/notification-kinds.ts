export const notificationKinds = [
  "claim_replaced_resources",
  "rehearsal_found_replacement",
  "pool_hard_limited",
  "pool_recovered",
  "template_import_failed",
  "workspace_dormant",
  "workspace_deletion_soon",
  "build_failed",
  "daemon_lost",
  "daemon_back",
  "reconciliation_paused",
] as const;
/** What a notification is about. */
export type NotificationKind = (typeof notificationKinds)[number];

export const emailPreferences = ["on", "off", "digest"] as const;
/** Whether notifications of a kind come by e-mail as well: at once, not at all, or together with others. */
export type EmailPreference = (typeof emailPreferences)[number];

export const deliveryChannels = ["email", "digest", "webhook"] as const;
export type DeliveryChannel = (typeof deliveryChannels)[number];

export const deliveryStatuses = ["pending", "delivered", "dead", "dropped"] as const;
/** `dead`: given up after too many attempts. `dropped`: its target was removed before it was delivered. */
export type DeliveryStatus = (typeof deliveryStatuses)[number];

interface KindEntry {
  readonly about: string;
  /** The default of everybody who has not chosen. */
  readonly email: EmailPreference;
  readonly recipients: "owner" | "template_admins" | "administrators";
}

/** Who hears of each kind, and how, unless he chose otherwise. The inbox has all of them, always. */
export const notificationRegistry: Readonly<Record<NotificationKind, KindEntry>> = {
  claim_replaced_resources: {
    about: "A claim deleted and made anew resources of a prebuild.",
    email: "digest",
    recipients: "template_admins",
  },
  rehearsal_found_replacement: {
    about: "A rehearsal found that claims from a pool would replace resources.",
    email: "on",
    recipients: "template_admins",
  },
  pool_hard_limited: {
    about: "The newest builds of a pool all failed; it only probes.",
    email: "on",
    recipients: "template_admins",
  },
  pool_recovered: {
    about: "A pool that was hard-limited creates prebuilds again.",
    email: "on",
    recipients: "template_admins",
  },
  template_import_failed: {
    about: "A template version that was pushed could not be imported.",
    email: "on",
    recipients: "template_admins",
  },
  workspace_dormant: { about: "Your workspace became dormant.", email: "on", recipients: "owner" },
  workspace_deletion_soon: { about: "Your dormant workspace will be deleted soon.", email: "on", recipients: "owner" },
  build_failed: { about: "A build of your workspace failed.", email: "digest", recipients: "owner" },
  daemon_lost: {
    about: "An external provisioner daemon has not been heard of for long.",
    email: "on",
    recipients: "administrators",
  },
  daemon_back: { about: "A lost provisioner daemon is back.", email: "on", recipients: "administrators" },
  reconciliation_paused: {
    about: "Reconciliation has been paused for long.",
    email: "on",
    recipients: "administrators",
  },
};

export function isNotificationKind(value: string): value is NotificationKind {
  return Object.hasOwn(notificationRegistry, value);
}
