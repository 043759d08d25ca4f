import { agentMetadataRoutes } from "./agent-metadata.ts";
import { appRoutes } from "./apps.ts";
import { auditRoutes } from "./audit.ts";
import { daemonKeyRoutes } from "./daemon-keys.ts";
import { provisionerRoutes } from "./daemons.ts";
import { groupRoutes } from "./groups.ts";
import { identityRoutes } from "./identity.ts";
import { ideRoutes } from "./ides.ts";
import { loginKeyRoutes } from "./login-keys.ts";
import { jobRoutes } from "./jobs.ts";
import { notificationRoutes } from "./notifications.ts";
import { preferenceRoutes } from "./preferences.ts";
import { prebuildRoutes } from "./prebuilds.ts";
import { dotfilesRoutes } from "./dotfiles.ts";
import { gitAccountRoutes } from "./git-accounts.ts";
import { sshKeyRoutes } from "./ssh-keys.ts";
import { secretRoutes } from "./secrets.ts";
import { serverRoutes } from "./servers.ts";
import { settingRoutes } from "./settings.ts";
import { stateRoutes } from "./states.ts";
import { scheduleRoutes } from "./schedules.ts";
import { agentRoutes, daemonRoutes, systemRoutes } from "./system.ts";
import { terminalRoutes } from "./terminals.ts";
import { templateFormRoutes } from "./template-form.ts";
import { templateFileRoutes } from "./template-files.ts";
import { templateInsightsRoutes } from "./template-insights.ts";
import { templateRoutes } from "./templates.ts";
import { workspaceBulkRoutes } from "./workspaces-bulk.ts";
import { workspaceRoutes } from "./workspaces.ts";

/**
 * Every route of the server but its WebSockets (see `agent-protocol.ts`).
 * The server registers from this table, the client calls through it, OpenAPI and `docs/routes.md` are made from it.
 */
export const routes = {
  ...systemRoutes,
  ...identityRoutes,
  ...preferenceRoutes,
  ...groupRoutes,
  ...templateRoutes,
  ...templateFileRoutes,
  ...templateFormRoutes,
  ...templateInsightsRoutes,
  ...workspaceRoutes,
  ...workspaceBulkRoutes,
  ...agentMetadataRoutes,
  ...stateRoutes,
  ...scheduleRoutes,
  ...jobRoutes,
  ...prebuildRoutes,
  ...notificationRoutes,
  ...terminalRoutes,
  ...secretRoutes,
  ...sshKeyRoutes,
  ...gitAccountRoutes,
  ...dotfilesRoutes,
  ...loginKeyRoutes,
  ...appRoutes,
  ...ideRoutes,
  ...auditRoutes,
  ...daemonKeyRoutes,
  ...provisionerRoutes,
  ...serverRoutes,
  ...settingRoutes,
  ...daemonRoutes,
  ...agentRoutes,
} as const;

export type Routes = typeof routes;
export type RouteId = keyof Routes;
