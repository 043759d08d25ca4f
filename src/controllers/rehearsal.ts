import type { ServerId } from "../contracts/ids.ts";
import { prebuildsUserId } from "../contracts/system-ids.ts";
import { startRehearsals } from "../db/jobs/rehearsals.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { PrebuildsSwitch } from "../platform/prebuilds-switch.ts";
import type { Controller } from "./controller.ts";
import { createLease } from "./lease.ts";
import { arePrebuildsOff } from "./prebuilds-off.ts";

const intervalMs = 30_000;
const rehearsalsPerRunMax = 50;
/** Every claim is news of a pool, and few of them are a first ready prebuild. */
const restMsMin = 250;

export interface RehearsalDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly prebuildsSwitch: PrebuildsSwitch;
}

/** Has a claim planned when the first prebuild of a preset is ready, before it hits anybody (spec §5). */
export function createRehearsal(deps: RehearsalDeps): Controller {
  const lease = createLease(deps.db, { name: "rehearsal", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  return {
    name: "rehearsal",
    intervalMs,
    restMsMin,
    topics: ["pools", "settings"],
    run: async () => {
      if (await arePrebuildsOff(deps.db, deps.prebuildsSwitch)) return { outcome: "ok", fields: { started: 0 } };
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const started = await startRehearsals(deps.db, {
        initiatorId: prebuildsUserId,
        now: deps.clock.now(),
        max: rehearsalsPerRunMax,
      });
      if (started > 0) deps.db.publish(["jobs"]);
      return { outcome: "ok", fields: { started } };
    },
    release: () => lease.release(),
  };
}
