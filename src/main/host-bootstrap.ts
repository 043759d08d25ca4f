import path from "node:path";
import type { BootstrapScript } from "../provisioner/drivers/terraform/variables.ts";

/** A word of `sh` that means exactly this text. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * A script that becomes an agent with the program of this installation: for templates whose workspaces run on the
 * host of the daemon. The token comes from `PREWARM_AGENT_TOKEN`, and the home folder from `HOME`.
 */
export function hostBootstrap(agentCommand: readonly string[]): BootstrapScript {
  return ({ accessUrl, workspaceId, agentName, startId, buildStage }) => {
    const settings = {
      PREWARM_URL: accessUrl,
      PREWARM_WORKSPACE_ID: workspaceId,
      PREWARM_START_ID: startId,
      PREWARM_BUILD_STAGE: buildStage,
    };
    return [
      "#!/bin/sh",
      "set -e",
      ...Object.entries(settings).map(([name, value]) => `export ${name}=${quoted(value)}`),
      `export PREWARM_AGENT_STATE="$HOME/.prewarm/"${quoted(path.posix.join(agentName, "state"))}`,
      'mkdir -p "$(dirname "$PREWARM_AGENT_STATE")"',
      `exec ${agentCommand.map(quoted).join(" ")}`,
      "",
    ].join("\n");
  };
}
