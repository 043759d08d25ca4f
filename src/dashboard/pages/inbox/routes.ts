import type { PageDefinition } from "../page-definition.ts";

export const inboxPages: readonly PageDefinition[] = [{ path: "/inbox", load: () => import("./inbox-page.tsx") }];
