import type { AgentId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import { bumpUsed, usedTemplates } from "../../db/writes/lifecycle-settings.ts";
import type { Clock } from "../../platform/clock.ts";
import { lifecyclePolicy } from "../../platform/manifest-lifecycle.ts";
import type { Controller } from "../controller.ts";

const intervalMs = 60_000;
/** A use that is noted is not noted again for so long, by whichever server. */
const noteEveryMs = 55_000;
const agentsPerRunMax = 5_000;

export interface ActivityDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** The agents of this server that somebody has used since it was last asked, or uses now. */
  readonly takeUsedAgents: () => readonly AgentId[];
}

/**
 * Notes that workspaces are used, and moves their deadlines. Each server does it for the agents that are connected to
 * it: at most one write a workspace and minute, and none at all while nobody uses any.
 */
export function createActivity(deps: ActivityDeps): Controller {
  return {
    name: "activity",
    intervalMs,
    topics: [],
    run: async () => {
      const agentIds = deps.takeUsedAgents().slice(0, agentsPerRunMax);
      if (agentIds.length === 0) return { outcome: "ok", fields: { used: 0 } };
      const now = deps.clock.now();
      const used = await deps.db.transaction("activity", async (tx) => {
        const policies = (await usedTemplates(tx, agentIds)).map((row) => {
          const policy = lifecyclePolicy(row.section, row.changes);
          return { templateId: row.id, bumpMs: policy.activityBumpMs, maxTtlMs: policy.maxTtlMs };
        });
        const unlessUsedSince = new Date(now.getTime() - noteEveryMs);
        return await bumpUsed(tx, { agentIds, now, unlessUsedSince, policies });
      });
      return { outcome: "ok", fields: { used } };
    },
  };
}
