import type { PageDefinition } from "../page-definition.ts";

export const workspacePages: readonly PageDefinition[] = [
  { path: "/@{$owner}/$name/{-$tab}", load: () => import("./workspace-page.tsx") },
];
