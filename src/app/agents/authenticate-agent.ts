import { CodedError } from "../../contracts/errors.ts";
import { noteRefusedKey } from "../../db/agents/agent-keys.ts";
import type { AgentOfToken, AgentRow } from "../../db/agents/agents.ts";
import type { AppContext } from "../app-context.ts";
import { hashSecret } from "../secret.ts";
import { agentReports } from "./agent-reports.ts";

/** How often an agent's log says that its token came without its key: whoever has it may try as often as he likes. */
const refusalSaidMs = 300_000;

const refusal =
  "Somebody came with this agent's token and without its key, and was refused: either what the agent remembers " +
  "(PREWARM_AGENT_STATE) was lost with its disk, and then starting the workspace anew helps; or the token was copied.";

/**
 * The agent behind a token. The first key that comes with the token is the agent's from then on, and the token alone is
 * refused: who has only read it, in a state, a log or an environment, cannot be the agent (decision 0043). An agent of a
 * release before has no key, and its token counts as ever until it has one.
 * Errors: `unauthenticated`, also once the agent's build was replaced.
 */
export async function authenticateAgent(
  context: AppContext,
  secret: string,
  key: string | undefined,
): Promise<AgentRow> {
  const agent = await agentReports(context).byToken.ask(hashSecret(secret));
  if (agent === undefined)
    throw new CodedError("unauthenticated", "The agent token is unknown or its build was replaced.");
  if (await isItsKey(context, agent, key)) return agent;
  await tellOfRefusal(context, agent);
  throw new CodedError("unauthenticated", refusal, { next: "Start the workspace anew: `prewarm restart NAME`." });
}

async function isItsKey(context: AppContext, agent: AgentOfToken, key: string | undefined): Promise<boolean> {
  if (key === undefined) return agent.key_hash === null;
  const keyHash = hashSecret(key);
  if (agent.key_hash?.equals(keyHash) === true) return true;
  return await agentReports(context).keys.ask({ agentId: agent.id, keyHash, now: context.clock.now() });
}

async function tellOfRefusal(context: AppContext, agent: AgentRow): Promise<void> {
  const input = { agentId: agent.id, now: context.clock.now(), everyMs: refusalSaidMs, text: refusal };
  const said = await noteRefusedKey(context.db, input);
  if (said === "nothing") return;
  if (said === "log") {
    context.logger.warn("an agent's token came without its key", {
      agentId: agent.id,
      workspaceId: agent.workspace_id,
    });
  }
  context.db.publish([`workspace:${agent.workspace_id}`]);
}
