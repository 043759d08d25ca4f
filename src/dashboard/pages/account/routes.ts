import type { PageDefinition } from "../page-definition.ts";
import { sections } from "./sections.ts";

export const accountPages: readonly PageDefinition[] = [
  {
    path: "/account/{-$section}",
    load: () => import("./account-page.tsx"),
    places: sections.map(({ id, label }, place) => ({
      label: `Your account: ${label}`,
      address: place === 0 ? "/account" : `/account/${id}`,
    })),
  },
];
