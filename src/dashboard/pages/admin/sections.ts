import { type ComponentType, lazy } from "react";

interface Section {
  readonly id: string;
  readonly label: string;
  readonly Content: ComponentType;
}

/** One line for each; the first is the page without a section. */
export const sections: readonly Section[] = [
  { id: "users", label: "Users", Content: lazy(() => import("./users-section.tsx")) },
  { id: "roles", label: "Roles", Content: lazy(() => import("./roles-section.tsx")) },
  { id: "groups", label: "Groups", Content: lazy(() => import("./groups-section.tsx")) },
  { id: "organizations", label: "Organizations", Content: lazy(() => import("./organizations-section.tsx")) },
  { id: "daemons", label: "Daemons", Content: lazy(() => import("./daemons-section.tsx")) },
  { id: "notifications", label: "Notifications", Content: lazy(() => import("./targets-section.tsx")) },
  { id: "settings", label: "Settings", Content: lazy(() => import("./settings-section.tsx")) },
  { id: "audit", label: "Audit", Content: lazy(() => import("./audit-section.tsx")) },
  { id: "health", label: "Health", Content: lazy(() => import("./health-section.tsx")) },
];
