import type { PageDefinition } from "../page-definition.ts";

/** For who builds a page: every component, in every state. No menu leads here. */
export const designPages: readonly PageDefinition[] = [
  { path: "/design", isBare: true, load: () => import("./design-page.tsx") },
];
