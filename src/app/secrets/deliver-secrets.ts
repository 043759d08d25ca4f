import type { AgentSecrets } from "../../contracts/agent-protocol.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { AgentRow } from "../../db/agents/agents.ts";
import type { DeliveredRow } from "../../db/secrets/secret-delivery.ts";
import { agentReports } from "../agents/agent-reports.ts";
import { claimRecordOf } from "../agents/agents.ts";
import type { AppContext } from "../app-context.ts";

/**
 * What the owner and the template give to a workspace. While nobody owns it, it is refused, whatever there is: a prebuild
 * is anybody's until it is claimed.
 * Errors: `nobody_owns_it`, `not_found`.
 */
export async function agentSecretsOf(context: AppContext, agent: AgentRow): Promise<AgentSecrets> {
  const { generation } = await claimRecordOf(context, agent);
  if (generation === 0) {
    throw new CodedError("nobody_owns_it", "Nobody owns this workspace yet: it is given no secrets.");
  }
  const rows = await agentReports(context).secrets.ask(agent.id);
  const opened = await Promise.all(rows.map(async (row) => openedOne(context, agent, row)));
  const all = opened.flat();
  const there = new Set(all.map(({ name }) => name));
  const sshKey = all.find(({ isSshKey }) => isSshKey)?.value;
  return {
    generation,
    secrets: all.filter(({ isSshKey }) => !isSshKey).map(({ name, value }) => ({ name, value })),
    ...(sshKey === undefined ? {} : { sshKey }),
    unopened: rows.map(({ name }) => name).filter((name) => !there.has(name)),
  };
}

/** One that cannot be opened must not keep the workspace from the others, nor its owner from his commands. */
async function openedOne(
  context: AppContext,
  agent: AgentRow,
  { id, name, sealed, key_id: keyId, is_ssh_key: isSshKey }: DeliveredRow,
): Promise<readonly { readonly name: string; readonly value: string; readonly isSshKey: boolean }[]> {
  try {
    const value = await context.stateVault.open(id, { sealed, keyId });
    return [{ name, value: Buffer.from(String(value)).toString("base64"), isSshKey }];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    context.logger.warn("a secret cannot be opened, and is left out: set it anew", {
      name,
      workspaceId: agent.workspace_id,
      reason: error.message,
    });
    return [];
  }
}
