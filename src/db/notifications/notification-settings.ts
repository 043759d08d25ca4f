import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** What the outbox is written by. It lies in the database, so that every transaction of every server sees the same. */
export interface NotificationSettings {
  readonly isEmailOn: boolean;
  readonly digestIntervalMs: number;
}

export const notificationSettingsKey = "notifications";
/** A digest is sent this long after its interval, so that what was written in the last moment is committed by then. */
export const digestGraceMs = 60_000;

const defaults: NotificationSettings = { isEmailOn: false, digestIntervalMs: 86_400_000 };

const writeStatement: Statement<object> = statement(
  "setting_notifications_write",
  `insert into settings (key, value, updated_at)
values ($1, $2, $3)
on conflict (key) do update
set value = excluded.value, updated_at = excluded.updated_at
where settings.value <> excluded.value`,
);

/** Stores what the options of a server that starts say. */
export async function writeNotificationSettings(sql: Sql, settings: NotificationSettings, now: Date): Promise<void> {
  await sql.query(writeStatement, [notificationSettingsKey, settings, now]);
}

const readStatement: Statement<{ readonly value: NotificationSettings }> = statement(
  "setting_notifications_read",
  `select value
from settings
where key = $1`,
);

export async function readNotificationSettings(sql: Sql): Promise<NotificationSettings> {
  return (await sql.query(readStatement, [notificationSettingsKey]))[0]?.value ?? defaults;
}
