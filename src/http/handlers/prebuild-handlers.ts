import { cleanPools, invalidate, resumePool, setEnabled, setPaused } from "../../app/prebuilds/manage-pools.ts";
import { listPools } from "../../app/prebuilds/list-pools.ts";
import { explain, listPrebuilds } from "../../app/prebuilds/pools.ts";
import { setPool, unsetPool } from "../../app/prebuilds/set-pool.ts";
import { poolDecisions, poolHistory, poolSchedule } from "../../app/prebuilds/pool-time.ts";
import type { prebuildRoutes } from "../../contracts/api/prebuilds.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function prebuildHandlers(deps: HttpDeps): Handlers<keyof typeof prebuildRoutes> {
  return {
    listPools: async ({ caller, query }) => await listPools(deps, caller, query, deps.lastCycle),
    listPrebuilds: async ({ caller, query }) => await listPrebuilds(deps, caller, query),
    explainPool: async ({ caller, params, query }) => await explain(deps, caller, { ...query, ...params }),
    poolHistory: async ({ caller, params, query }) => await poolHistory(deps, caller, { ...query, ...params }),
    poolDecisions: async ({ caller, params, query }) => await poolDecisions(deps, caller, { ...query, ...params }),
    poolSchedule: async ({ caller, params, query }) => await poolSchedule(deps, caller, { ...query, ...params }),
    pausePrebuilds: async ({ caller }) => await setPaused(deps, caller, true),
    resumePrebuilds: async ({ caller }) => await setPaused(deps, caller, false),
    disablePrebuilds: async ({ caller }) => await setEnabled(deps, caller, false),
    enablePrebuilds: async ({ caller }) => await setEnabled(deps, caller, true),
    setPool: async ({ caller, params, query, body }) => await setPool(deps, caller, { ...query, ...params, set: body }),
    unsetPool: async ({ caller, params, query }) => await unsetPool(deps, caller, { ...query, ...params }),
    resumePool: async ({ caller, params, query }) => await resumePool(deps, caller, { ...query, ...params }),
    invalidatePrebuilds: async ({ caller, query, body }) => await invalidate(deps, caller, { ...query, ...body }),
    cleanPrebuilds: async ({ caller, query, body }) => await cleanPools(deps, caller, { ...query, ...body }),
  };
}
