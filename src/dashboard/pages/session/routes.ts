import type { PageDefinition } from "../page-definition.ts";

export const sessionPages: readonly PageDefinition[] = [
  { path: "/sign-in", isBare: true, load: () => import("./sign-in-page.tsx") },
  { path: "/first-run", isBare: true, load: () => import("./first-run-page.tsx") },
];
