import type { PageDefinition } from "../page-definition.ts";

export const accountPages: readonly PageDefinition[] = [
  { path: "/account/{-$section}", load: () => import("./account-page.tsx") },
];
