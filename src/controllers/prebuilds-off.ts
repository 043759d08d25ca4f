import { readSwitches } from "../db/settings/settings.ts";
import type { Sql } from "../db/store.ts";
import type { PrebuildsSwitch } from "../platform/prebuilds-switch.ts";

/** Whether loops must leave prebuilds alone. The database has the last word here, where a statement more costs nobody. */
export async function arePrebuildsOff(sql: Sql, prebuildsSwitch: PrebuildsSwitch): Promise<boolean> {
  return !prebuildsSwitch.isAllowed || (await readSwitches(sql)).off.isTurned;
}
