import type { UserId } from "../../contracts/ids.ts";
import type { EmailPreference, NotificationKind } from "../../contracts/notification-kinds.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface PreferenceRow {
  readonly kind: NotificationKind;
  readonly email: EmailPreference;
}

const listStatement: Statement<PreferenceRow> = statement(
  "preferences_list",
  `select kind, email
from notification_preferences
where user_id = $1
limit 200`,
);

/** What somebody chose; kinds that are not in it follow their default. */
export async function listPreferences(sql: Sql, userId: UserId): Promise<readonly PreferenceRow[]> {
  return await sql.query(listStatement, [userId]);
}

const writeStatement: Statement<object> = statement(
  "preference_write",
  `insert into notification_preferences (user_id, kind, email, updated_at)
values ($1, $2, $3, $4)
on conflict (user_id, kind) do update
set email = excluded.email, updated_at = excluded.updated_at`,
);

const forgetStatement: Statement<object> = statement(
  "preference_forget",
  `delete from notification_preferences
where user_id = $1
  and kind = $2`,
);

/** Stores a choice; null goes back to the default. */
export async function writePreference(
  sql: Sql,
  input: {
    readonly userId: UserId;
    readonly kind: NotificationKind;
    readonly email: EmailPreference | null;
    readonly now: Date;
  },
): Promise<void> {
  if (input.email === null) await sql.query(forgetStatement, [input.userId, input.kind]);
  else await sql.query(writeStatement, [input.userId, input.kind, input.email, input.now]);
}
