/** Labels on everything that the driver makes, so that each thing says whose it is. */
export const labels = {
  /** Things of other deployments on the same Docker host are never touched. */
  deployment: "dev.prewarm.deployment",
  /** The folder of the daemon that made it. */
  daemon: "dev.prewarm.daemon",
  workspace: "dev.prewarm.workspace",
  build: "dev.prewarm.build",
  /** Ids of the agents that the start has made, with commas between them. */
  agents: "dev.prewarm.agents",
  template: "dev.prewarm.template",
} as const;

/**
 * Names follow from the workspace alone: a create that was cut off anywhere is found again, by whoever comes next.
 */
export function containerName(workspaceId: string): string {
  return `prewarm-${workspaceId}`;
}

/** `volume` is the name in the template, or `home`. */
export function volumeName(workspaceId: string, volume: string): string {
  return `prewarm-${workspaceId}-${volume}`;
}

export const homeVolume = "home";
export const homePathDefault = "/home/workspace";
