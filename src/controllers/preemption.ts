import type { JobId, ServerId, WorkspaceId } from "../contracts/ids.ts";
import { daemonAliveMs } from "../contracts/limits.ts";
import { preemptedPrebuilds, preemptJob, runningCreates, slotsOf, waitingJobs } from "../db/jobs/preemption.ts";
import type { Db } from "../db/store.ts";
import { choosePreemptions } from "../domain/queue/preemption.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { Controller } from "./controller.ts";
import type { Apart } from "./apart.ts";
import { createLease } from "./lease.ts";
import { removePrebuilds } from "./remove-prebuilds.ts";

const intervalMs = 5_000;
const intervalMsMin = 1_000;
const waitingPerRunMax = 100;
const createsPerRunMax = 500;
const removedPerRunMax = 200;

export interface PreemptionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
  /** How long a person's job may wait; 0: nothing is ever pre-empted. */
  readonly preemptAfterMs: number;
}

/**
 * Cancels running creates of prebuilds while people wait too long for a slot, the youngest first, and removes what they
 * had made. Nothing of it counts as a failure: the pool fills again when there is room.
 */
export function createPreemption(deps: PreemptionDeps): Controller {
  const lease = createLease(deps.db, { name: "preemption", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  return {
    name: "preemption",
    intervalMs:
      deps.preemptAfterMs === 0 ? intervalMs : Math.min(intervalMs, Math.max(intervalMsMin, deps.preemptAfterMs)),
    topics: [],
    run: async () => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const asked = deps.preemptAfterMs === 0 ? nothing : await preempt(deps);
      const removed = await removePreempted(deps);
      const errors = asked.errors + removed.errors;
      return { outcome: "ok", fields: { preempted: asked.done.length, removed: removed.done.length, errors } };
    },
    release: () => lease.release(),
  };
}

const nothing: Apart<never> = { done: [], errors: 0 };

async function preempt(deps: PreemptionDeps): Promise<Apart<string>> {
  const now = deps.clock.now();
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  const waiting = await waitingJobs(deps.db, {
    createdBefore: before(deps.preemptAfterMs),
    daemonsSeenSince: before(daemonAliveMs),
    max: waitingPerRunMax,
  });
  if (waiting.length === 0) return nothing;
  const daemonIds = [...new Set(waiting.flatMap((job) => job.daemon_ids))];
  const daemons = await slotsOf(deps.db, daemonIds);
  const creates = await runningCreates(deps.db, daemonIds, createsPerRunMax);
  const chosen = choosePreemptions({
    waiting: waiting.map((job) => ({ jobId: job.id, daemonIds: job.daemon_ids })),
    daemons: daemons.map(({ id, free, ending }) => ({ daemonId: id, free, ending })),
    creates: creates.map((row) => ({ jobId: row.id, daemonId: row.daemon_id, startedAt: row.started_at.getTime() })),
  });
  const done: string[] = [];
  let errors = 0;
  for (const { jobId, inFavourOf } of chosen) {
    try {
      // The ids went through the decision as they came from the database.
      const isAsked = await deps.db.transaction("preempt job", async (tx) => preemptJob(tx, jobId as JobId, now));
      if (!isAsked) continue;
      done.push(jobId);
      deps.logger.info("the build of a prebuild is cancelled in favour of a person's job", { jobId, inFavourOf });
    } catch (error) {
      // One that cannot be cancelled does not keep the others who wait from a slot.
      errors += 1;
      deps.logger.error("the build of a prebuild could not be cancelled", { jobId, reason: String(error) });
    }
  }
  return { done, errors };
}

async function removePreempted(deps: PreemptionDeps): Promise<Apart<WorkspaceId>> {
  const left = await preemptedPrebuilds(deps.db, removedPerRunMax);
  if (left.length === 0) return nothing;
  const removed = await removePrebuilds(deps, {
    targets: left.map((row) => ({ workspaceId: row.workspace_id, generation: row.generation })),
    from: ["failed"],
    because: "preempted",
  });
  deps.db.publish(["jobs", "pools"]);
  return removed;
}
