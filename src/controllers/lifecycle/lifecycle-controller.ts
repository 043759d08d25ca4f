import type { ServerId, WorkspaceId } from "../../contracts/ids.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { type Controller, longRunMsMax } from "../controller.ts";
import { createLease } from "../lease.ts";
import { type ActDeps, actOnWorkspace, noticeDeletion } from "./lifecycle-act.ts";
import { type Exclusions, lookForDue } from "./lifecycle-look.ts";
import { createPutOff, type PutOff } from "./put-off.ts";

const intervalMs = 15_000;
/** Dormancy is a matter of days, and looking for it reads every workspace of a template. */
const dormancyEveryMs = 60_000;

export interface LifecycleDeps extends ActDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: ServerId;
  readonly monotonicMs: () => number;
}

/**
 * Starts, stops, sets dormant and deletes workspaces of people when that is due (spec §6). Unclaimed prebuilds do not
 * exist for it. One workspace's error never keeps the others waiting: it is tried again, later each time.
 */
export function createLifecycle(deps: LifecycleDeps): Controller {
  const lease = createLease(deps.db, { name: "lifecycle", holder: deps.serverId, monotonicMs: deps.monotonicMs });
  let dormancyAskedAt = Number.NEGATIVE_INFINITY;
  const putOff = { acts: createPutOff(), notices: createPutOff() };
  return {
    name: "lifecycle",
    intervalMs,
    runMsMax: longRunMsMax,
    topics: [],
    run: async (shouldStop) => {
      if (!(await lease.hold())) return { outcome: "skipped", fields: {} };
      const now = deps.clock.now();
      const isDormancyAsked = now.getTime() - dormancyAskedAt >= dormancyEveryMs;
      const due = await lookForDue(deps.db, { now, isDormancyAsked, except: exceptAt(putOff, now) });
      if (isDormancyAsked) dormancyAskedAt = now.getTime();
      const counts = { start: 0, stop: 0, delete: 0, dormant: 0, noticed: 0, errors: 0 };
      for (const workspaceId of due.acts) {
        if (shouldStop.aborted) break;
        await attempt(putOff.acts, workspaceId, async () => {
          const act = await actOnWorkspace(deps, workspaceId, now);
          if (act === null) return false;
          counts[act.kind] += 1;
          deps.logger.info("a workspace's lifecycle went on", { workspaceId, act: act.kind, reason: act.reason });
          return true;
        });
      }
      for (const workspaceId of due.notices) {
        if (shouldStop.aborted) break;
        await attempt(putOff.notices, workspaceId, async () => {
          const isNoticed = await noticeDeletion(deps, workspaceId, now);
          if (isNoticed) counts.noticed += 1;
          return isNoticed;
        });
      }
      return { outcome: "ok", fields: counts };

      async function attempt(kind: PutOff, workspaceId: WorkspaceId, work: () => Promise<boolean>): Promise<void> {
        try {
          if (await work()) kind.forget(workspaceId);
          else kind.add(workspaceId, now.getTime());
        } catch (error) {
          counts.errors += 1;
          kind.add(workspaceId, now.getTime());
          deps.logger.error("a workspace's lifecycle failed; it is tried again, later each time", {
            workspaceId,
            reason: String(error),
          });
        }
      }
    },
    release: () => lease.release(),
  };
}

function exceptAt(putOff: Readonly<Record<"acts" | "notices", PutOff>>, now: Date): Exclusions {
  return { acts: putOff.acts.now(now.getTime()), notices: putOff.notices.now(now.getTime()) };
}
