import type { JobId, ServerId } from "../contracts/ids.ts";
import { expiredLeases } from "../db/jobs/job-leases.ts";
import type { Db } from "../db/store.ts";
import { finishJob } from "../db/jobs/finish-job.ts";
import { hasWatched, keepWatching, type Watch } from "../domain/presence/unbroken-watch.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";
import { createLease } from "./lease.ts";

const jobsPerRunMax = 200;
const intervalMs = 5_000;
/** Runs this far apart are a break, in which no daemon could have renewed its lease. */
const breakMs = 3 * intervalMs;
/** After a break daemons are given so long to renew what ran out meanwhile; they try every few seconds. */
const outageGraceMs = 10_000;

export interface ReaperDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  readonly outageGraceMs?: number;
}

/** Ends the jobs whose daemon stopped answering: they fail as `abandoned`, and what they made is known and cleaned up. */
export function createJobReaper(deps: ReaperDeps): Controller {
  const lease = createLease(deps.db, { name: "job-reaper", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let watch: Watch | null = null;
  return {
    name: "job-reaper",
    intervalMs,
    topics: [],
    run: async () => {
      const before = watch;
      // Forgotten unless this run comes to its end: a database that is away is a break, too.
      watch = null;
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const now = deps.clock.now();
      const expired = await expiredLeases(deps.db, now, jobsPerRunMax);
      watch = keepWatching(before, now.getTime(), breakMs);
      if (!hasWatched(watch, deps.outageGraceMs ?? outageGraceMs))
        return { outcome: "ok", fields: { abandoned: 0, errors: 0 } };
      const counts = { abandoned: 0, errors: 0 };
      for (const jobId of expired) {
        try {
          if (!(await reap(deps.db, jobId, now))) continue;
          counts.abandoned += 1;
          deps.logger.warn("a job was abandoned by its provisioner", { jobId });
        } catch (error) {
          // One that cannot be ended does not keep the others from it.
          counts.errors += 1;
          deps.logger.error("an abandoned job could not be ended", { jobId, reason: String(error) });
        }
      }
      return { outcome: "ok", fields: counts };
    },
    release: () => lease.release(),
  };
}

async function reap(db: Db, jobId: JobId, now: Date): Promise<boolean> {
  return await db.transaction("reap job", async (tx) =>
    finishJob(tx, {
      jobId,
      attempt: null,
      from: ["running", "canceling"],
      outcome: {
        kind: "failed",
        code: "abandoned",
        message: "The provisioner that ran this job stopped answering and its lease ran out.",
      },
      now,
      leaseOverBefore: now,
    }),
  );
}
