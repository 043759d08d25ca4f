import { ShieldCheck } from "lucide-react";
import type { PageDefinition } from "../page-definition.ts";
import { sections } from "./sections.ts";

export const adminPages: readonly PageDefinition[] = [
  {
    path: "/admin/{-$section}",
    load: () => import("./admin-page.tsx"),
    places: sections.slice(1).map(({ id, label }) => ({ label: `Administration: ${label}`, address: `/admin/${id}` })),
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
