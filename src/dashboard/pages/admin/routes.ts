import { ShieldCheck } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";

export const adminPages: readonly PageDefinition[] = [
  {
    path: "/admin/{-$section}",
    load: () => import("./admin-page.tsx"),
    menu: {
      label: "Administration",
      icon: ShieldCheck,
      place: 9,
      owns: ["/admin"],
      key: "a",
      isFor: ({ role }) => role === "administrator",
    },
  },
];
