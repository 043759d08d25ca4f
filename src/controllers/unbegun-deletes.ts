import { endDeleteUnseen, unbegunDeletes } from "../db/builds/unbegun.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";

const intervalMs = 10_000;
/** Every job is news, and few of them are such deletes. */
const restMsMin = 1_000;
const deletesPerRunMax = 200;

/**
 * Ends the pools' deletes of what was never made: a prebuild whose first build was cancelled before any daemon took it
 * must not wait for one that may never come. Harmless when several servers do it.
 */
export function createUnbegunDeletes(deps: {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
}): Controller {
  return {
    name: "unbegun-deletes",
    intervalMs,
    restMsMin,
    mayWait: true,
    topics: ["jobs"],
    run: async () => {
      const counts = { ended: 0, errors: 0 };
      for (const jobId of await unbegunDeletes(deps.db, deletesPerRunMax)) {
        try {
          const hasEnded = await deps.db.transaction("end unbegun delete", async (tx) =>
            endDeleteUnseen(tx, jobId, deps.clock.now()),
          );
          if (hasEnded) counts.ended += 1;
        } catch (error) {
          counts.errors += 1;
          deps.logger.error("a delete of what was never made could not be ended", { jobId, reason: String(error) });
        }
      }
      return { outcome: "ok", fields: counts };
    },
  };
}
