import { ListOrdered } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const queuePages: readonly PageDefinition[] = [
  {
    path: "/queue",
    load: () => import("./queue-page.tsx"),
    menu: { label: "Queue", icon: ListOrdered, place: 4, key: "q", owns: ["/jobs/"] },
  },
  { path: "/jobs/$jobId", load: () => import("./job-page.tsx") },
];
