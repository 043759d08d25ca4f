import type { PoolImage, WorkspaceIdes } from "../../contracts/api/ides.ts";
import { CodedError } from "../../contracts/errors.ts";
import { ides, ideTable } from "../../contracts/ides.ts";
import type { ImageFacts } from "../../contracts/image-facts.ts";
import { type IdeAgentRow, ideAgents, type ImageReports, storeImageReport } from "../../db/pools/image-reports.ts";
import type { AgentRow } from "../../db/agents/agents.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import { judgeForIde, judgeForSessions } from "../../domain/ides/judge-image.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden } from "../authorize.ts";
import { requireWorkspace } from "../workspaces/workspaces.ts";

/** What the names of hosts begin with unless a person has chosen otherwise, which only his machine knows. */
const hostPrefix = "prewarm.";

export interface IdePlace {
  readonly workspace: WorkspaceView;
  readonly agent: IdeAgentRow;
  readonly isFirst: boolean;
}

/** One's own workspace, and the agent that editors go to. Errors: `not_found`, `forbidden`. */
export async function requireIdePlace(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly agent?: string },
): Promise<IdePlace> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (workspace.is_prebuild || workspace.owner_id !== actor.userId) {
    throw forbidden("get into this workspace", `its owner, ${workspace.owner}`);
  }
  const agents = await ideAgents(context.db, workspace.id);
  const agent = input.agent === undefined ? agents[0] : agents.find(({ name }) => name === input.agent);
  if (agent === undefined) {
    const names = agents.map(({ name }) => name).join(", ");
    throw new CodedError("not_found", `${workspace.name} has no agent "${input.agent ?? "main"}".`, {
      next: names === "" ? "Its template declares none." : `There are: ${names}.`,
    });
  }
  return { workspace, agent, isFirst: agent === agents[0] };
}

/** What the agent says of its image, or why it could not be asked. */
export type AskedImage = { readonly facts: ImageFacts } | { readonly problem: WorkspaceIdes["problem"] };

export function ideView(place: IdePlace, asked: AskedImage, folder?: string): WorkspaceIdes {
  const { workspace, agent, isFirst } = place;
  const facts = "facts" in asked ? asked.facts : null;
  const host = `${hostPrefix}${workspace.name}${isFirst ? "" : `.${agent.name}`}`;
  const at = { host, folder: folder ?? folderOf(agent, facts) };
  return {
    agent: agent.name,
    ...at,
    facts,
    problem: "facts" in asked ? null : asked.problem,
    sessions: facts === null ? [] : [...judgeForSessions(facts)],
    ides: ides.map((ide) => {
      const { displayName, family, link } = ideTable[ide];
      return { ide, displayName, link: link(at), findings: facts === null ? [] : [...judgeForIde(facts, family)] };
    }),
  };
}

/** Also of a workspace that is stopped: an editor that connects starts it. */
function folderOf({ directory, report }: IdeAgentRow, facts: ImageFacts | null): string {
  if (directory.startsWith("/")) return directory;
  return facts?.folder ?? report?.facts.folder ?? "/";
}

/** What a pool's image has, as people are shown it; the agents in the order of their names. */
export function poolImages(reports: ImageReports | undefined): PoolImage[] {
  return Object.entries(reports ?? {})
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([agent, { at, facts }]) => ({
      agent,
      at,
      sessions: [...judgeForSessions(facts)],
      ides: ides.map((ide) => {
        const { displayName, family } = ideTable[ide];
        return { ide, displayName, findings: [...judgeForIde(facts, family)] };
      }),
    }));
}

/** Keeps what the agent of a prebuild says; what anybody else's says is passed over. */
export async function keepImageReport(context: AppContext, agent: AgentRow, facts: ImageFacts): Promise<void> {
  const input = { agentId: agent.id, facts, now: context.clock.now() };
  await context.db.transaction("keep an image report", async (tx) => {
    if (await storeImageReport(tx, input)) tx.emit("pools");
  });
}
