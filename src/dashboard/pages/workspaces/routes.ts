import { Monitor } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const workspacesPages: readonly PageDefinition[] = [
  {
    path: "/workspaces",
    load: () => import("./workspaces-page.tsx"),
    menu: { label: "Workspaces", icon: Monitor, place: 1, owns: ["/@", "/new"], key: "w" },
  },
];
