import { readSwitches } from "../../db/settings/settings.ts";
import type { Db } from "../../db/store.ts";
import type { PrebuildsSwitchHolder } from "../../platform/prebuilds-switch.ts";
import type { Controller } from "../controller.ts";

/** News tell at once; when they are lost, a change of the switch is in force within this time. */
const intervalMs = 500;

export interface SwitchWatchDeps {
  readonly db: Db;
  readonly prebuildsSwitch: PrebuildsSwitchHolder;
}

/**
 * Keeps in memory whether prebuilds are switched on, on every server (decision 0023). While the database does not
 * answer, the server goes on with what it read last: nothing can be claimed then anyway.
 */
export function createSwitchWatch(deps: SwitchWatchDeps): Controller {
  return {
    name: "switch",
    intervalMs,
    topics: ["settings"],
    run: async () => {
      const { off } = await readSwitches(deps.db);
      deps.prebuildsSwitch.hold(!off.isTurned);
      return { outcome: "ok", fields: { isOn: deps.prebuildsSwitch.isOn() } };
    },
  };
}
