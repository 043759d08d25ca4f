import type { UserId } from "../../contracts/ids.ts";
import type { SettingsHolder } from "../../platform/config/live-config.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** An option of the deployment that somebody changed while servers ran. */
export interface StoredOption {
  readonly name: string;
  readonly value: string;
  readonly at: Date;
  readonly by: string | null;
}

const prefix = "option:";

const readStatement: Statement<{
  readonly key: string;
  readonly value: string;
  readonly updated_at: Date;
  readonly username: string | null;
}> = statement(
  "setting_options_read",
  `select s.key, s.value #>> '{}' as value, s.updated_at, u.username
from settings s
left join users u on u.id = s.updated_by
where s.key = any($1::text[])`,
);

/** Those of these names that are stored. */
export async function readStoredOptions(sql: Sql, names: readonly string[]): Promise<readonly StoredOption[]> {
  const rows = await sql.query(readStatement, [names.map((name) => prefix + name)]);
  return rows.map((row) => ({
    name: row.key.slice(prefix.length),
    value: row.value,
    at: row.updated_at,
    by: row.username,
  }));
}

/** Puts in force what is stored, and answers it. */
export async function holdStoredOptions(sql: Sql, settings: SettingsHolder): Promise<readonly StoredOption[]> {
  const stored = await readStoredOptions(sql, settings.liveNames);
  settings.hold(new Map(stored.map(({ name, value }) => [name, value])));
  return stored;
}

interface Change {
  readonly name: string;
  readonly by: UserId;
  readonly now: Date;
}

const storeStatement: Statement<{ readonly key: string }> = statement(
  "setting_option_store",
  `insert into settings (key, value, updated_at, updated_by)
values ($1, to_jsonb($2::text), $3, $4)
on conflict (key) do update
set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
where settings.value <> excluded.value
returning key`,
);

/** False when it is stored so already; then nothing is to be audited. */
export async function storeOption(tx: Tx, { value, ...change }: Change & { readonly value: string }): Promise<boolean> {
  const rows = await tx.query(storeStatement, [prefix + change.name, value, change.now, change.by]);
  if (rows.length === 0) return false;
  emitChange(tx);
  return true;
}

const resetStatement: Statement<{ readonly value: string }> = statement(
  "setting_option_reset",
  `delete from settings
where key = $1
returning value #>> '{}' as value`,
);

/** @returns the value that was stored; null when there was none */
export async function resetOption(tx: Tx, name: string): Promise<string | null> {
  const [row] = await tx.query(resetStatement, [prefix + name]);
  if (row === undefined) return null;
  emitChange(tx);
  return row.value;
}

/** Pools too: many of the options are what the reconciler holds to. */
function emitChange(tx: Tx): void {
  tx.emit("settings");
  tx.emit("pools");
}
