import { Layers } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const poolsPages: readonly PageDefinition[] = [
  {
    path: "/pools",
    load: () => import("./pools-page.tsx"),
    menu: { label: "Pools", icon: Layers, place: 2, key: "p" },
  },
  { path: "/pools/$template/$preset/{-$tab}", load: () => import("./pool-page.tsx") },
];
