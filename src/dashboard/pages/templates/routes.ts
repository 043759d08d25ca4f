import { LayoutTemplate } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const templatePages: readonly PageDefinition[] = [
  {
    path: "/templates",
    load: () => import("./templates-page.tsx"),
    menu: { label: "Templates", icon: LayoutTemplate, place: 3, owns: ["/publish"], key: "t" },
  },
  { path: "/templates/$template/{-$tab}", load: () => import("./template-page.tsx") },
  { path: "/templates/$template/versions/$version", load: () => import("./version-page.tsx") },
  {
    path: "/publish",
    load: () => import("./publish-page.tsx"),
    places: [{ label: "Publish template", address: "/publish" }],
  },
];
