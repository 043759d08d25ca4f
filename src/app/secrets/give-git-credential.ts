import type { GitCredential, GitCredentialAsk, GitCredentialReport } from "../../contracts/agent-protocol.ts";
import { CodedError } from "../../contracts/errors.ts";
import { gitHostOf, isLoopbackHost } from "../../contracts/git-host.ts";
import type { AgentRow } from "../../db/agents/agents.ts";
import { gitTokenOf, noteGitRefusal } from "../../db/secrets/git-accounts.ts";
import type { AppContext } from "../app-context.ts";

/**
 * The token of the workspace's owner for one host, as he has linked it and lets it go to the template. Asked for each time
 * that git wants one, so that what he takes back is gone at once.
 * Errors: `invalid_request`, `nobody_owns_it`.
 */
export async function giveGitCredential(
  context: AppContext,
  agent: AgentRow,
  { protocol, host: text }: GitCredentialAsk,
): Promise<GitCredential> {
  const host = gitHostOf(text);
  if (host === undefined) throw new CodedError("invalid_request", `"${text}" is no host.`);
  if (protocol !== "https" && !isLoopbackHost(host)) {
    throw new CodedError("invalid_request", `No token is sent to ${host} without TLS.`);
  }
  const row = await gitTokenOf(context.db, agent.id, host);
  if (row === undefined) {
    throw new CodedError("nobody_owns_it", "Nobody owns this workspace yet: it is given no tokens.");
  }
  const { id, template_name: template, username, sealed, key_id: keyId, is_refused: isRefused } = row;
  if (row.is_suspended) return { outcome: "suspended", template };
  if (id === null) return { outcome: "not_linked", template };
  if (!row.is_allowed) return { outcome: "not_allowed", template };
  try {
    return {
      outcome: "given",
      id,
      username,
      token: String(await context.stateVault.open(id, { sealed, keyId })),
      isRefused,
    };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    context.logger.warn("a git host's token cannot be opened: link the account anew", { host, reason: error.message });
    return { outcome: "unopened", template };
  }
}

/** Notes that a host refused a token, or took one that it had refused. */
export async function reportGitCredential(
  context: AppContext,
  agent: AgentRow,
  { id, isRefused }: GitCredentialReport,
): Promise<void> {
  await noteGitRefusal(context.db, agent.id, { id, refusedAt: isRefused ? context.clock.now() : null });
}
