import type { ServerId } from "../contracts/ids.ts";
import { prebuildsUserId } from "../contracts/system-ids.ts";
import { divergentLedger, repairLedger, strayRows } from "../db/pools/consistency.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Controller, longRunMsMax } from "./controller.ts";
import { createLease } from "./lease.ts";

const intervalMs = 60_000;
/** Runs after which everything is read for rows without their other half, which takes seconds in a large deployment. */
const strayRunsEvery = 10;
const rowsPerRunMax = 200;

export interface ConsistencyDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
}

/**
 * Compares the ledger with builds and agents, repairs it, and counts what it repaired: the price of keeping a ledger
 * (architecture §3). In tests the count must be 0; each repair is a fault somewhere else and is logged as one.
 */
export function createConsistency(deps: ConsistencyDeps): Controller {
  const lease = createLease(deps.db, { name: "consistency", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let repairedTotal = 0;
  let strayRowsFound = 0;
  let runs = 0;
  return {
    name: "consistency",
    intervalMs,
    runMsMax: longRunMsMax,
    mayWait: true,
    topics: [],
    run: async () => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: { repairedTotal } };
      for (const row of await divergentLedger(deps.db, rowsPerRunMax)) {
        const repaired = await deps.db.transaction("repair ledger", async (tx) =>
          repairLedger(tx, row.workspace_id, deps.clock.now()),
        );
        if (repaired === undefined) continue;
        repairedTotal += 1;
        deps.logger.error("the ledger differed from builds and agents, and was repaired", { ...repaired });
      }
      if (runs % strayRunsEvery === 0) {
        const strays = await strayRows(deps.db, prebuildsUserId, rowsPerRunMax);
        if (strays.length > 0) deps.logger.error("rows without their other half", { strays });
        strayRowsFound = strays.length;
      }
      runs += 1;
      return { outcome: "ok", fields: { repairedTotal, strays: strayRowsFound } };
    },
    release: () => lease.release(),
  };
}
