import { accountPages } from "./account/routes.ts";
import { adminPages } from "./admin/routes.ts";
import { createPages } from "./create/routes.ts";
import { designPages } from "./design/routes.ts";
import { inboxPages } from "./inbox/routes.ts";
import type { PageDefinition } from "./page-definition.ts";
import { poolsPages } from "./pools/routes.ts";
import { queuePages } from "./queue/routes.ts";
import { sessionPages } from "./session/routes.ts";
import { templatePages } from "./templates/routes.ts";
import { workspacePages } from "./workspace/routes.ts";
import { workspacesPages } from "./workspaces/routes.ts";

/** Every page there is: an area is one line here, and its pages are in a file of its own. */
export const pages: readonly PageDefinition[] = [
  ...sessionPages,
  ...workspacesPages,
  ...createPages,
  ...workspacePages,
  ...poolsPages,
  ...templatePages,
  ...queuePages,
  ...inboxPages,
  ...accountPages,
  ...adminPages,
  ...designPages,
];
