/** The programs that a server offers below `/bin/` for workspaces to fetch; `<name>.sha256` tells each one's checksum. */

export const agentBundleName = "prewarm-agent.mjs";

export const agentExecutableArchitectures = ["x64", "arm64"] as const;

export function agentExecutableName(architecture: string): string {
  return `prewarm-agent-linux-${architecture}`;
}
