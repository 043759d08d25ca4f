import { Monitor } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const workspacesPages: readonly PageDefinition[] = [
  {
    path: "/workspaces",
    firstAsks: ["/api/v1/workspaces?sort=created&order=desc&limit=50&offset=0", "/api/v1/workspace-counts"],
    load: () => import("./workspaces-page.tsx"),
    menu: { label: "Workspaces", icon: Monitor, place: 1, owns: ["/@", "/new"], key: "w" },
  },
];
