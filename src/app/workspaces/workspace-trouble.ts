import type { Workspace } from "../../contracts/api/workspaces.ts";
import type { AgentView, WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import { unreadyText } from "../../domain/presence/ready-in-time.ts";
import type { AppContext } from "../app-context.ts";

type Trouble = NonNullable<Workspace["trouble"]>;

export interface TroubleGiven {
  readonly now: Date;
  /** Of agents whose template does not say. */
  readonly connectTimeoutMs: number;
}

export function troubleGiven(context: AppContext): TroubleGiven {
  return { now: context.clock.now(), connectTimeoutMs: context.options.agentLostAfterMs };
}

const secondMs = 1_000;

/** What is wrong inside of a workspace that should run; what keeps its owner out comes first. */
export function troubleOf(row: WorkspaceView, given: TroubleGiven): Trouble | null {
  if (row.status !== "running") return null;
  if (row.unready_because !== null) return { kind: "not_ready", message: row.unready_because };
  const several = row.agents.length > 1;
  const named = ({ name }: AgentView, text: string): string => (several ? `Agent "${name}": ${text}` : text);
  for (const agent of row.agents) {
    if (agent.state === "start_error" || agent.state === "start_timeout") {
      const text = agent.detail === "" ? "A hook of its start failed." : agent.detail;
      return { kind: "prewarm_failed", message: named(agent, text) };
    }
    const lateMs = lateAfterMs(row, agent, given);
    if (lateMs !== null) {
      const { name, detail } = agent;
      const text = unreadyText({ kind: "never_connected", agent: name, detail, lastLine: null, limitMs: lateMs });
      return { kind: "not_connected", message: text };
    }
  }
  const failed = row.agents.find((agent) => agent.claim_error !== null);
  return failed === undefined ? null : { kind: "claim_failed", message: named(failed, failed.claim_error ?? "") };
}

/** The limit within which an agent that has never connected should have; null while it is not over. */
function lateAfterMs(row: WorkspaceView, agent: AgentView, { now, connectTimeoutMs }: TroubleGiven): number | null {
  if (agent.has_connected || row.completed_at === null) return null;
  const limitMs = agent.connect_timeout_s === null ? connectTimeoutMs : agent.connect_timeout_s * secondMs;
  return now.getTime() - row.completed_at.getTime() >= limitMs ? limitMs : null;
}
