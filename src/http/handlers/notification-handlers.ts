import { retryDeliveries, seeDeliveries } from "../../app/notifications/deliveries.ts";
import { inboxOf, listNotifications, readNotifications } from "../../app/notifications/inbox.ts";
import { getPreferences, setPreference } from "../../app/notifications/notification-preferences.ts";
import { createWebhook, deleteWebhook, seeWebhooks, testWebhook } from "../../app/notifications/webhooks.ts";
import type { notificationRoutes } from "../../contracts/api/notifications.ts";
import { openEventStream } from "../event-stream.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function notificationHandlers(deps: HttpDeps): Handlers<keyof typeof notificationRoutes> {
  return {
    listNotifications: async ({ caller, query }) => await listNotifications(deps, caller, query),
    readNotifications: async ({ caller, body }) => await readNotifications(deps, caller, body),
    watchNotifications: async (call) =>
      openEventStream(deps, { call, topics: [`inbox:${call.caller.userId}`] }, async (send) => {
        await send("inbox", await inboxOf(deps, call.caller));
        return "open";
      }),
    getNotificationPreferences: async ({ caller }) => await getPreferences(deps, caller),
    setNotificationPreference: async ({ caller, body }) => await setPreference(deps, caller, body),
    listDeliveries: async ({ caller, query }) => await seeDeliveries(deps, caller, query),
    retryDeliveries: async ({ caller, body }) => await retryDeliveries(deps, caller, body),
    listWebhooks: async ({ caller }) => await seeWebhooks(deps, caller),
    createWebhook: async ({ caller, body }) => await createWebhook(deps, caller, body),
    removeWebhook: async ({ caller, params }) => {
      await deleteWebhook(deps, caller, params.webhook);
      return {};
    },
    testWebhook: async ({ caller, params }) => await testWebhook(deps, caller, params.webhook),
  };
}
