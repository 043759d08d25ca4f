import type { Preferences } from "../../contracts/api/preferences.ts";
import type { UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

interface PreferencesRow {
  readonly preferences: Preferences | null;
}

const ofUserStatement: Statement<PreferencesRow> = statement(
  "preferences",
  `select preferences
from users
where id = $1
  and deleted_at is null`,
);

export async function preferencesOf(sql: Sql, userId: UserId): Promise<Preferences | null> {
  return (await sql.query(ofUserStatement, [userId]))[0]?.preferences ?? null;
}

const takeStatement: Statement<PreferencesRow> = statement(
  "preferences_take",
  `select preferences
from users
where id = $1
  and deleted_at is null
for no key update`,
);

/** As `preferencesOf`, and keeps everybody else from changing them until the end. */
export async function takePreferences(tx: Tx, userId: UserId): Promise<Preferences | null> {
  return (await tx.query(takeStatement, [userId]))[0]?.preferences ?? null;
}

const writeStatement: Statement<object> = statement(
  "preferences_write",
  `update users
set preferences = $2
where id = $1
  and deleted_at is null`,
);

export async function writePreferences(tx: Tx, userId: UserId, preferences: Preferences): Promise<void> {
  await tx.query(writeStatement, [userId, JSON.stringify(preferences)]);
}

const existingStatement: Statement<{ readonly id: WorkspaceId }> = statement(
  "preferences_existing",
  `select id
from workspaces
where id = any($1::uuid[])
  and (owner_id = $2 or $3)
  and deleted_at is null`,
);

interface Looker {
  readonly userId: UserId;
  /** Whether he may see everybody's. */
  readonly seesAll: boolean;
}

/** Those of the workspaces that there are for somebody. */
export async function existingWorkspaces(
  sql: Sql,
  ids: readonly string[],
  { userId, seesAll }: Looker,
): Promise<ReadonlySet<string>> {
  return new Set((await sql.query(existingStatement, [ids, userId, seesAll])).map(({ id }) => id));
}
