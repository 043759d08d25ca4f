import { type ComponentType, lazy } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { Workspace } from "../../../contracts/api/workspaces.ts";

export interface WorkspaceTabProps {
  readonly workspace: Workspace;
  readonly me: User;
}

export interface WorkspaceTab {
  /** Last part of its address. */
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType<WorkspaceTabProps>;
}

/** The tabs of a workspace's page: one line each, loaded when it is gone to. The first is its page without a tab. */
export const workspaceTabs: readonly WorkspaceTab[] = [
  { id: "overview", label: "Overview", Content: lazy(() => import("./overview-tab.tsx")) },
  { id: "logs", label: "Logs", Content: lazy(() => import("./logs-tab.tsx")) },
];
