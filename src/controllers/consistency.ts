import type { ServerId } from "../contracts/ids.ts";
import { prebuildsUserId } from "../contracts/system-ids.ts";
import { divergentLedger, repairLedger } from "../db/pools/consistency.ts";
import {
  poolStrays,
  strayBeginning,
  type StrayCursor,
  strayPage,
  type StrayRow,
} from "../db/pools/consistency-pages.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import { type Controller, longRunMsMax } from "./controller.ts";
import { createLease } from "./lease.ts";

const intervalMs = 60_000;
const rowsPerRunMax = 200;
/** Pages of all history that one run looks through for rows without their other half: of a small deployment, all. */
const strayPagesMax = 4;

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
  let cursor: StrayCursor = strayBeginning;
  /** Found by the walk that is under way, and by the one before it. */
  let found: readonly StrayRow[] = [];
  let foundBefore: readonly StrayRow[] = [];

  /** The next pages of a walk over everything, which then begins anew. */
  async function goOn(): Promise<readonly StrayRow[]> {
    const fresh: StrayRow[] = [];
    for (let nth = 0; nth < strayPagesMax; nth += 1) {
      const { strays, next } = await strayPage(deps.db, cursor);
      fresh.push(...strays);
      cursor = next ?? strayBeginning;
      if (next !== null) continue;
      foundBefore = [...found, ...fresh].slice(0, rowsPerRunMax);
      found = [];
      return fresh;
    }
    found = [...found, ...fresh].slice(0, rowsPerRunMax);
    return fresh;
  }

  return {
    name: "consistency",
    intervalMs,
    runMsMax: longRunMsMax,
    mayWait: true,
    topics: [],
    run: async () => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: { repairedTotal } };
      let errors = 0;
      for (const { workspace_id: workspaceId } of await divergentLedger(deps.db, rowsPerRunMax)) {
        try {
          const repaired = await deps.db.transaction("repair ledger", async (tx) =>
            repairLedger(tx, workspaceId, deps.clock.now()),
          );
          if (repaired === undefined) continue;
          repairedTotal += 1;
          deps.logger.error("the ledger differed from builds and agents, and was repaired", { ...repaired });
        } catch (error) {
          errors += 1;
          deps.logger.error("the ledger differs and could not be repaired", { workspaceId, reason: String(error) });
        }
      }
      const pools = await poolStrays(deps.db, prebuildsUserId, rowsPerRunMax);
      const strays = [...pools, ...(await goOn())];
      if (strays.length > 0)
        deps.logger.error("rows without their other half", { strays: strays.slice(0, rowsPerRunMax) });
      return {
        outcome: "ok",
        fields: { repairedTotal, errors, strays: pools.length + Math.max(found.length, foundBefore.length) },
      };
    },
    release: () => lease.release(),
  };
}
