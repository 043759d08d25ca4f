import { type ComponentType, lazy } from "react";
import type { WorkspaceTabProps } from "./workspace-tab-props.ts";

export interface WorkspaceTab {
  /** Last part of its address. */
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType<WorkspaceTabProps>;
}

/** The tabs of a workspace's page: one line each, loaded when it is gone to. The first is its page without a tab. */
export const workspaceTabs: readonly WorkspaceTab[] = [
  { id: "overview", label: "Overview", Content: lazy(() => import("./overview-tab.tsx")) },
  { id: "terminal", label: "Terminal", Content: lazy(() => import("./terminal/terminal-tab.tsx")) },
  { id: "ports", label: "Ports & sharing", Content: lazy(() => import("./ports-tab.tsx")) },
  { id: "timeline", label: "Timeline", Content: lazy(() => import("./timeline-tab.tsx")) },
  { id: "logs", label: "Logs", Content: lazy(() => import("./logs-tab.tsx")) },
  { id: "settings", label: "Settings", Content: lazy(() => import("./settings-tab.tsx")) },
  { id: "activity", label: "Activity", Content: lazy(() => import("./activity-tab.tsx")) },
];
