import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import type { AgentId } from "../../contracts/ids.ts";
import type { Db } from "../../db/store.ts";
import { lockUsed, noteUse, type UsedRow } from "../../db/workspaces/lifecycle-settings.ts";
import { bumpedDeadline } from "../../domain/lifecycle/deadline.ts";
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
  readonly uses: AgentUses;
}

/** Who is used at this server. What could not be stored is told again. */
export interface AgentUses {
  /** The agents that somebody has used and that is not noted yet, or uses now. */
  usedAgents(): readonly AgentId[];
  /** The agents to which somebody is connected, whether or not he does anything. */
  connectedAgents(): readonly AgentId[];
  /** That these were used has been stored. */
  useNoted(agentIds: readonly AgentId[]): void;
}

/**
 * Notes that workspaces are used, and moves their deadlines. Each server does it for the agents that are connected to
 * it: at most one write a workspace and minute, and none at all while nobody uses any, or is connected where that counts.
 */
export function createActivity(deps: ActivityDeps): Controller {
  return {
    name: "activity",
    intervalMs,
    topics: [],
    run: async () => {
      const uses = deps.uses.usedAgents().slice(0, agentsPerRunMax);
      const agentIds = [...new Set([...uses, ...deps.uses.connectedAgents()])].slice(0, agentsPerRunMax);
      if (agentIds.length === 0) return { outcome: "ok", fields: { used: 0 } };
      const now = deps.clock.now();
      const used = await deps.db.transaction("activity", async (tx) => {
        const found = await lockUsed(tx, { agentIds, used: uses }, new Date(now.getTime() - noteEveryMs));
        const rows = found.filter((row) => row.is_used || policyOf(row).activity === "connected");
        await noteUse(
          tx,
          now,
          rows.map((row) => ({ id: row.id, deadlineAt: deadlineAfterUse(row, now) })),
        );
        return rows.length;
      });
      deps.uses.useNoted(uses);
      return { outcome: "ok", fields: { used } };
    },
  };
}

function deadlineAfterUse(row: UsedRow, now: Date): Date | null {
  if (row.deadline_at === null) return null;
  const run = { deadlineAt: row.deadline_at.getTime(), startedAt: row.started_at.getTime() };
  return new Date(bumpedDeadline(run, policyOf(row), now.getTime()));
}

function policyOf(row: UsedRow): LifecyclePolicy {
  return lifecyclePolicy(row.section, row.changes);
}
