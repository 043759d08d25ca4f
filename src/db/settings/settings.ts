import type { UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** A switch of the deployment that somebody has turned from its ordinary position; `at` and `by` are null while nobody has. */
export interface SwitchSetting {
  readonly isTurned: boolean;
  readonly at: Date | null;
  readonly by: string | null;
}

export interface PrebuildsSwitches {
  /** Turned: the reconciler does not act, claims go on. */
  readonly pause: SwitchSetting;
  /** Turned: prebuilds are switched off. */
  readonly off: SwitchSetting;
}

export type SwitchName = keyof PrebuildsSwitches;

const keys: Readonly<Record<SwitchName, string>> = { pause: "prebuilds_paused", off: "prebuilds_off" };
const untouched: SwitchSetting = { isTurned: false, at: null, by: null };

const readSwitchesStatement: Statement<{
  readonly key: string;
  readonly updated_at: Date;
  readonly username: string | null;
}> = statement(
  "settings_switches_read",
  `select s.key, s.updated_at, u.username
from settings s
left join users u on u.id = s.updated_by
where s.key in ('prebuilds_paused', 'prebuilds_off')
  and s.value = 'true'`,
);

/** Whether reconciliation is paused and prebuilds are switched off, since when and by whom: one statement for both. */
export async function readSwitches(sql: Sql): Promise<PrebuildsSwitches> {
  const rows = await sql.query(readSwitchesStatement, []);
  const switchOf = (name: SwitchName): SwitchSetting => {
    const row = rows.find(({ key }) => key === keys[name]);
    return row === undefined ? untouched : { isTurned: true, at: row.updated_at, by: row.username };
  };
  return { pause: switchOf("pause"), off: switchOf("off") };
}

const writeSwitchStatement: Statement<{ readonly key: string }> = statement(
  "settings_switch_write",
  // A switch that was never touched is not turned: turning it back then is no change either.
  `insert into settings (key, value, updated_at, updated_by)
select $1, to_jsonb($2::boolean), $3, $4
where $2 or exists (select 1 from settings where key = $1)
on conflict (key) do update
set value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
where settings.value <> excluded.value
returning key`,
);

/** Stores a switch; false when it already stood that way (then nothing is to be audited). */
export async function writeSwitch(
  tx: Tx,
  change: { readonly name: SwitchName; readonly isTurned: boolean; readonly by: UserId; readonly now: Date },
): Promise<boolean> {
  const rows = await tx.query(writeSwitchStatement, [keys[change.name], change.isTurned, change.now, change.by]);
  if (rows.length === 0) return false;
  tx.emit("settings");
  tx.emit("pools");
  return true;
}

const ensureTextStatement: Statement<{ readonly value: string }> = statement(
  "setting_text_ensure",
  // Written and read in one go: of two servers that start at once, both get what the first one wrote.
  `insert into settings as s (key, value, updated_at)
values ($1, to_jsonb($2::text), $3)
on conflict (key) do update
set value = s.value
returning s.value #>> '{}' as value`,
);

async function ensureText(sql: Sql, key: string, value: string, now: Date): Promise<string> {
  const [row] = await sql.query(ensureTextStatement, [key, value, now]);
  if (row === undefined) throw new Error("An upsert of a setting returned no row.");
  return row.value;
}

/** The id of this deployment: what a daemon makes for it is marked with it. Stays for ever once it is stored. */
export async function ensureDeploymentId(sql: Sql, fresh: string, now: Date): Promise<string> {
  return await ensureText(sql, "deployment_id", fresh, now);
}

/** Id of the key that the deployment's servers seal states with; the given one when there was none. */
export async function ensureStateKeyId(sql: Sql, mine: string, now: Date): Promise<string> {
  return await ensureText(sql, "state_key_id", mine, now);
}

const deploymentStatement: Statement<{ readonly value: string }> = statement(
  "setting_deployment_id",
  `select value #>> '{}' as value
from settings
where key = 'deployment_id'`,
);

export async function deploymentIdOf(sql: Sql): Promise<string> {
  const [row] = await sql.query(deploymentStatement, []);
  if (row === undefined) throw new Error("The deployment has no id; the first run makes one.");
  return row.value;
}

const replaceKeyStatement: Statement<object> = statement(
  "setting_state_key_replace",
  `update settings
set value = to_jsonb($2::text), updated_at = $3
where key = 'state_key_id'
  and value #>> '{}' = $1`,
);

export async function replaceStateKeyId(
  sql: Sql,
  change: { readonly from: string; readonly to: string; readonly now: Date },
): Promise<void> {
  await sql.query(replaceKeyStatement, [change.from, change.to, change.now]);
}
