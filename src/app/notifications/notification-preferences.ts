import type { NotificationPreferences } from "../../contracts/api/notifications.ts";
import { type EmailPreference, type NotificationKind, notificationKinds } from "../../contracts/notification-kinds.ts";
import { notificationRegistry } from "../../contracts/notification-kinds.ts";
import { listPreferences, writePreference } from "../../db/notifications/notification-preferences.ts";
import { readNotificationSettings, writeNotificationSettings } from "../../db/notifications/notification-settings.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";

/** Stores what the options of this server say, where the transactions that write the outbox read it. */
export async function storeNotificationSettings(context: AppContext, isEmailOn: boolean): Promise<void> {
  const { digestIntervalMs } = context.options;
  await writeNotificationSettings(context.db, { isEmailOn, digestIntervalMs }, context.clock.now());
}

export async function getPreferences(context: AppContext, actor: Actor): Promise<NotificationPreferences> {
  const chosen = new Map((await listPreferences(context.db, actor.userId)).map(({ kind, email }) => [kind, email]));
  const { isEmailOn, digestIntervalMs } = await readNotificationSettings(context.db);
  return {
    preferences: notificationKinds.map((kind) => {
      const { about, email } = notificationRegistry[kind];
      return { kind, about, email: chosen.get(kind) ?? email, isDefault: !chosen.has(kind) };
    }),
    address: actor.email,
    isEmailOn,
    digestIntervalMs,
  };
}

/** Chooses for the actor himself how a kind comes to him; null goes back to the default. */
export async function setPreference(
  context: AppContext,
  actor: Actor,
  choice: { readonly kind: NotificationKind; readonly email: EmailPreference | null },
): Promise<NotificationPreferences> {
  await writePreference(context.db, { userId: actor.userId, ...choice, now: context.clock.now() });
  return await getPreferences(context, actor);
}
