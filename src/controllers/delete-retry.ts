import type { ServerId } from "../contracts/ids.ts";
import { deletesToRetry } from "../db/pools/failed-prebuilds.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";
import { createLease } from "./lease.ts";
import { removePrebuilds } from "./remove-prebuilds.ts";

const intervalMs = 5_000;
const retryBaseMs = 10_000;
const retryMaxMs = 600_000;
const retriesPerRunMax = 200;

export interface DeleteRetryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
}

/** Repeats failed deletes of prebuilds, later each time, until the provider confirms that the thing is gone (spec §3.2). */
export function createDeleteRetry(deps: DeleteRetryDeps): Controller {
  const lease = createLease(deps.db, { name: "delete-retry", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  return {
    name: "delete-retry",
    intervalMs,
    topics: [],
    run: async () => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const now = deps.clock.now();
      const due = await deletesToRetry(deps.db, {
        now,
        baseMs: retryBaseMs,
        maxMs: retryMaxMs,
        max: retriesPerRunMax,
      });
      if (due.length === 0) return { outcome: "ok", fields: { retried: 0, errors: 0 } };
      const retried = await removePrebuilds(deps, {
        targets: due.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
        from: ["draining"],
        because: "delete_retry",
      });
      deps.db.publish(["jobs"]);
      return { outcome: "ok", fields: { retried: retried.done.length, errors: retried.errors } };
    },
    release: () => lease.release(),
  };
}
