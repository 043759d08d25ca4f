import { type ComponentType, lazy } from "react";
import type { TemplateTabProps } from "./template-tab-props.ts";

interface TemplateTab {
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType<TemplateTabProps>;
}

export const templateTabs: readonly TemplateTab[] = [
  { id: "overview", label: "Overview", Content: lazy(() => import("./overview-tab.tsx")) },
  { id: "versions", label: "Versions", Content: lazy(() => import("./versions-tab.tsx")) },
  { id: "presets", label: "Presets", Content: lazy(() => import("./presets-tab.tsx")) },
  { id: "lifecycle", label: "Lifecycle", Content: lazy(() => import("./lifecycle-tab.tsx")) },
  { id: "insights", label: "Insights", Content: lazy(() => import("./insights-tab.tsx")) },
];
