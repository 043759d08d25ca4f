import type { workspaceStatuses } from "./states.ts";

type Status = (typeof workspaceStatuses)[number];

/** The five groups by which people look for workspaces. Each workspace is in one of them. */
export const workspaceGroups = ["running", "starting", "stopped", "failed", "dormant"] as const;
export type WorkspaceGroup = (typeof workspaceGroups)[number];

/** Of one that is not dormant; a dormant one is in a group of its own, whatever its status. */
export const groupOfStatus: Readonly<Record<Status, Exclude<WorkspaceGroup, "dormant">>> = {
  pending: "starting",
  starting: "starting",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
  deleting: "stopped",
  deleted: "stopped",
  failed: "failed",
  canceling: "failed",
  canceled: "failed",
};
