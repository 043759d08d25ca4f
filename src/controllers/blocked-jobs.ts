import { daemonAliveMs } from "../contracts/limits.ts";
import { noteBlockedJobs } from "../db/jobs/blocked-jobs.ts";
import type { Db } from "../db/store.ts";
import type { Clock } from "../platform/clock.ts";
import type { Controller } from "./controller.ts";

const intervalMs = 2_000;
/** A daemon that restarts is back within this time; nobody needs to hear of it. */
const waitedMsMin = 2_000;
/** Each is a row that claims write too, and a line of its log. */
const jobsPerRunMax = 200;
/** Of a longer queue its first jobs are looked at; lists and `jobs show` say it of every job, whatever the log says. */
const jobsLookedAtMax = 2_000;

/** Says in a job's own log that no daemon can take it, once for each change. Harmless when several servers do it. */
export function createBlockedJobs(deps: { readonly db: Db; readonly clock: Clock }): Controller {
  return {
    name: "blocked-jobs",
    intervalMs,
    mayWait: true,
    topics: [],
    run: async () => {
      const now = deps.clock.now();
      const changed = await noteBlockedJobs(deps.db, {
        now,
        daemonsSeenSince: new Date(now.getTime() - daemonAliveMs),
        createdBefore: new Date(now.getTime() - waitedMsMin),
        max: jobsPerRunMax,
        lookedAtMax: jobsLookedAtMax,
      });
      deps.db.publish(changed.map((jobId) => `job:${jobId}` as const));
      return { outcome: "ok", fields: { said: changed.length } };
    },
  };
}
