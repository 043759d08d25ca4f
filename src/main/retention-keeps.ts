import type { RetentionKeeps } from "../db/retention/retention-keeps.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";

/** How much history the configuration wants to be kept. */
export function retentionKeeps(config: ServerConfig): RetentionKeeps {
  return {
    workspacesMs: config.retentionWorkspacesMs,
    buildsMax: config.retentionBuildsMax,
    versionsMs: config.retentionVersionsMs,
    versionsMax: config.retentionVersionsMax,
    daemonsMs: config.retentionDaemonsMs,
    demandMs: config.retentionDemandMs,
    auditMs: config.auditKeepMs,
    backoffLookbackMs: config.prebuildsBackoffLookbackMs,
  };
}
