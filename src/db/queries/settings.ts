import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface PauseSetting {
  readonly isPaused: boolean;
  readonly at: Date | null;
  readonly by: string | null;
}

const readPauseStatement: Statement<{
  readonly value: boolean;
  readonly updated_at: Date;
  readonly username: string | null;
}> = statement(
  "setting_pause_read",
  `select (s.value #>> '{}')::boolean as value, s.updated_at, u.username
from settings s
left join users u on u.id = s.updated_by
where s.key = 'prebuilds_paused'`,
);

/** Whether reconciliation is paused, since when and by whom. */
export async function readPause(sql: Sql): Promise<PauseSetting> {
  const [row] = await sql.query(readPauseStatement, []);
  if (row?.value !== true) return { isPaused: false, at: null, by: null };
  return { isPaused: true, at: row.updated_at, by: row.username };
}

const writePauseStatement: Statement<{ readonly key: string }> = statement(
  "setting_pause_write",
  `insert into settings (key, value, updated_at, updated_by)
values ('prebuilds_paused', to_jsonb($1::boolean), $2, $3)
on conflict (key) do update
set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
where settings.value <> excluded.value
returning key`,
);

/** Stores the switch; false when it already stood that way (then nothing is to be audited). */
export async function writePause(tx: Tx, isPaused: boolean, by: UserId, now: Date): Promise<boolean> {
  const rows = await tx.query(writePauseStatement, [isPaused, now, by]);
  if (rows.length === 0) return false;
  tx.emit("settings");
  tx.emit("pools");
  return true;
}
