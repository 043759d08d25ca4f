import type { AgentManifest, ClaimRecord } from "../contracts/agent-protocol.ts";
import type { AgentConfig } from "./agent-config.ts";
import type { HandOver } from "./hand-over.ts";
import { withGitHelper } from "./git/git-variables.ts";
import { commonEnvironment, ownerEnvironment } from "./hook-environment.ts";

export interface CommandEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Why the workspace's secrets are not among them; null when they are, or there are none. */
  readonly secretsMissing: string | null;
}

/** What commands, sessions and terminals of a workspace's owner see. */
export async function commandEnvironment(
  parts: { readonly config: AgentConfig; readonly handOver: Pick<HandOver, "secrets">; readonly abort: AbortSignal },
  { manifest, owner }: { readonly manifest: AgentManifest; readonly owner: ClaimRecord },
): Promise<CommandEnvironment> {
  const given = await parts.handOver.secrets(parts.abort);
  const common = commonEnvironment(parts.config, manifest);
  return {
    variables: withGitHelper(
      {
        ...common,
        ...ownerEnvironment(owner, common),
        ...(given.kind === "known" ? given.values : {}),
      },
      given.gitHelper,
    ),
    secretsMissing: given.kind === "unknown" ? given.reason : null,
  };
}
