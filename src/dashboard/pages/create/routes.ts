import type { PageDefinition } from "../page-definition.ts";

export const createPages: readonly PageDefinition[] = [
  {
    path: "/new",
    load: () => import("./create-page.tsx"),
    places: [{ label: "Create workspace", address: "/new" }],
  },
];
