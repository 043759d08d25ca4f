import { type Static, Type } from "typebox";
import { deliveriesRetriedMax, notificationsMarkedMax, webhookUrlLengthMax } from "../limits.ts";
import { deliveryChannels, deliveryStatuses, emailPreferences, notificationKinds } from "../notification-kinds.ts";
import { closed, Empty, Instant, Name, OptionalInstant, pageQuery, Unknowns, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

const Kind = Type.Enum(notificationKinds);
const Email = Type.Enum(emailPreferences);
const NotificationId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

export const Notification = Type.Object({
  id: NotificationId,
  at: Instant,
  kind: Kind,
  /** Null of what concerns the whole deployment. */
  organization: Type.Union([Type.String(), Type.Null()]),
  subject: Type.String(),
  /** What happened, why, and what to do next. */
  text: Type.String(),
  detail: Unknowns,
  readAt: OptionalInstant,
});
export type Notification = Static<typeof Notification>;

export const InboxState = Type.Object({
  unread: Type.Integer(),
  /** Id of the newest notification. */
  newest: Type.Union([Type.Integer(), Type.Null()]),
});

export const NotificationPreference = Type.Object({
  kind: Kind,
  about: Type.String(),
  email: Email,
  isDefault: Type.Boolean(),
});
export type NotificationPreference = Static<typeof NotificationPreference>;

export const NotificationPreferences = Type.Object({
  preferences: Type.Array(NotificationPreference),
  /** Where mails go; null: nowhere, as you have no address. */
  address: Type.Union([Type.String(), Type.Null()]),
  /** Whether the deployment has a mail server. */
  isEmailOn: Type.Boolean(),
  digestIntervalMs: Type.Integer(),
});
export type NotificationPreferences = Static<typeof NotificationPreferences>;

export const Delivery = Type.Object({
  /** `Message-ID` of the mail, `webhook-id` of the webhook: the same at each attempt. */
  id: Uuid,
  channel: Type.Enum(deliveryChannels),
  status: Type.Enum(deliveryStatuses),
  /** User name, or name of the webhook. */
  target: Type.Union([Type.String(), Type.Null()]),
  kind: Type.Union([Type.String(), Type.Null()]),
  subject: Type.Union([Type.String(), Type.Null()]),
  attempts: Type.Integer(),
  lastError: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  /** When it is tried next; null once it has ended. */
  nextAt: OptionalInstant,
  endedAt: OptionalInstant,
});
export type Delivery = Static<typeof Delivery>;

export const Webhook = Type.Object({
  id: Uuid,
  name: Type.String(),
  /** Without its query, which may hold a secret. */
  url: Type.String(),
  /** Empty: all of them. */
  kinds: Type.Array(Kind),
  createdAt: Instant,
});
export type Webhook = Static<typeof Webhook>;

const inboxRoutes = {
  listNotifications: {
    method: "GET",
    path: "/api/v1/notifications",
    tag: "notifications",
    summary: "Your notifications, the newest first.",
    credential: "user",
    access: "signed_in",
    query: Type.Object({
      unread: Type.Optional(Type.Boolean()),
      kind: Type.Optional(Kind),
      id: Type.Optional(NotificationId),
      ...pageQuery,
    }),
    response: Type.Object({
      notifications: Type.Array(Notification),
      total: Type.Integer(),
      unread: Type.Integer(),
    }),
  },
  readNotifications: {
    method: "POST",
    path: "/api/v1/notifications/read",
    tag: "notifications",
    summary: "Mark notifications as read: those named, or all up to one.",
    credential: "user",
    access: "signed_in",
    body: Type.Union([
      Type.Object({ ids: Type.Array(NotificationId, { minItems: 1, maxItems: notificationsMarkedMax }) }, closed),
      Type.Object({ upTo: NotificationId }, closed),
    ]),
    response: Type.Object({ marked: Type.Integer(), unread: Type.Integer() }),
  },
  watchNotifications: {
    method: "GET",
    path: "/api/v1/notifications/stream",
    tag: "notifications",
    summary: "Event stream: `inbox` with the unread count and the newest id, at each change.",
    credential: "user",
    access: "signed_in",
    transport: "sse",
    response: InboxState,
  },
  getNotificationPreferences: {
    method: "GET",
    path: "/api/v1/notifications/preferences",
    tag: "notifications",
    summary: "Which notifications come to you by e-mail.",
    credential: "user",
    access: "signed_in",
    response: NotificationPreferences,
  },
  setNotificationPreference: {
    method: "PUT",
    path: "/api/v1/notifications/preferences",
    tag: "notifications",
    summary: "Choose whether a kind of notification comes to you by e-mail; null goes back to the default.",
    credential: "user",
    access: "signed_in",
    body: Type.Object({ kind: Kind, email: Type.Union([Email, Type.Null()]) }, closed),
    response: NotificationPreferences,
  },
} as const satisfies Record<string, RouteDefinition>;

const deliveryRoutes = {
  listDeliveries: {
    method: "GET",
    path: "/api/v1/notifications/deliveries",
    tag: "notifications",
    summary: "The outbox: dead letters, unless another status is asked for.",
    credential: "user",
    access: "administrator",
    query: Type.Object({
      status: Type.Optional(Type.Enum(deliveryStatuses)),
      channel: Type.Optional(Type.Enum(deliveryChannels)),
      ...pageQuery,
    }),
    response: Type.Object({ deliveries: Type.Array(Delivery), total: Type.Integer() }),
  },
  retryDeliveries: {
    method: "POST",
    path: "/api/v1/notifications/deliveries/retry",
    tag: "notifications",
    summary: "Try dead letters again: those named, or all, the oldest first.",
    credential: "user",
    access: "administrator",
    body: Type.Object(
      { ids: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: deliveriesRetriedMax })) },
      closed,
    ),
    response: Type.Object({ retried: Type.Integer() }),
  },
  listWebhooks: {
    method: "GET",
    path: "/api/v1/notifications/webhooks",
    tag: "notifications",
    summary: "The targets to which notifications are posted.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ webhooks: Type.Array(Webhook) }),
  },
  createWebhook: {
    method: "POST",
    path: "/api/v1/notifications/webhooks",
    tag: "notifications",
    summary: "Add a target for notifications. The secret that signs them is in this answer only.",
    credential: "user",
    access: "administrator",
    status: 201,
    body: Type.Object(
      {
        name: Name,
        url: Type.String({ minLength: 1, maxLength: webhookUrlLengthMax }),
        /** All kinds unless said. */
        kinds: Type.Optional(Type.Array(Kind, { minItems: 1, uniqueItems: true })),
      },
      closed,
    ),
    response: Type.Object({ webhook: Webhook, secret: Type.String() }),
  },
  removeWebhook: {
    method: "DELETE",
    path: "/api/v1/notifications/webhooks/:webhook",
    tag: "notifications",
    summary: "Remove a target by its name, with what was still to be delivered to it.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ webhook: Name }),
    response: Empty,
  },
  testWebhook: {
    method: "POST",
    path: "/api/v1/notifications/webhooks/:webhook/test",
    tag: "notifications",
    summary: "Post a test to a target, as notifications are; `listDeliveries` says what became of it.",
    credential: "user",
    access: "administrator",
    status: 202,
    params: Type.Object({ webhook: Name }),
    response: Type.Object({ deliveryId: Uuid }),
  },
} as const satisfies Record<string, RouteDefinition>;

export const notificationRoutes = { ...inboxRoutes, ...deliveryRoutes };
