import { daemonAliveMs } from "../contracts/limits.ts";
import { noteBlockedJobs } from "../db/jobs/blocked-jobs.ts";
import { blockedTooLong } from "../db/jobs/blocked-too-long.ts";
import { finishJob } from "../db/jobs/finish-job.ts";
import type { Db } from "../db/store.ts";
import { durationText } from "../domain/time/instant-text.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";

const intervalMs = 2_000;
/** A daemon that restarts is back within this time; nobody needs to hear of it. */
const waitedMsMin = 2_000;
/** Each is a row that claims write too, and a line of its log. */
const jobsPerRunMax = 200;
/** Of a longer queue its first jobs are looked at; lists and `jobs show` say it of every job, whatever the log says. */
const jobsLookedAtMax = 2_000;

export interface BlockedJobsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a job may wait while no daemon can take it; 0: for ever. */
  readonly waitLimitMs: number;
}

/**
 * Says in a job's own log that no daemon can take it, once for each change, and ends one for which none has come for
 * too long: nobody is to wait for ever for what is gone. Harmless when several servers do it.
 */
export function createBlockedJobs(deps: BlockedJobsDeps): Controller {
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
      if (changed.length > 0) deps.db.publish(["queue"]);
      const ended = deps.waitLimitMs === 0 ? 0 : await endBlocked(deps, now);
      return { outcome: "ok", fields: { said: changed.length, ended } };
    },
  };
}

async function endBlocked({ db, logger, waitLimitMs }: BlockedJobsDeps, now: Date): Promise<number> {
  let ended = 0;
  for (const job of await blockedTooLong(db, new Date(now.getTime() - waitLimitMs), jobsPerRunMax)) {
    const message = `No provisioner could take the job for ${durationText(waitLimitMs)}: ${job.blocked_because}.`;
    const outcome = { kind: "failed", code: "provisioner_absent", message } as const;
    try {
      const hasEnded = await db.transaction("end blocked job", async (tx) =>
        finishJob(tx, { jobId: job.id, attempt: null, from: ["pending"], outcome, now }),
      );
      if (hasEnded) ended += 1;
    } catch (error) {
      // One that cannot be ended does not keep the others from it.
      logger.error("a job that no provisioner takes could not be ended", { jobId: job.id, reason: String(error) });
    }
  }
  return ended;
}
