import { type ComponentType, lazy } from "react";
import type { User } from "../../../contracts/api/identity.ts";
import type { TemplateDetail } from "../../../contracts/api/templates.ts";

export interface TemplateTabProps {
  readonly detail: TemplateDetail;
  readonly me: User;
}

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
];
