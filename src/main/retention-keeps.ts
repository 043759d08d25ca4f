import type { RetentionKeeps } from "../db/retention/retention-keeps.ts";
import type { ServerConfig } from "../platform/config/server-options.ts";

/** How much history the configuration wants to be kept: getters, as all of it may change while the server runs. */
export function retentionKeeps(config: ServerConfig): RetentionKeeps {
  return {
    get workspacesMs() {
      return config.retentionWorkspacesMs;
    },
    get buildsMax() {
      return config.retentionBuildsMax;
    },
    get versionsMs() {
      return config.retentionVersionsMs;
    },
    get versionsMax() {
      return config.retentionVersionsMax;
    },
    get daemonsMs() {
      return config.retentionDaemonsMs;
    },
    get demandMs() {
      return config.retentionDemandMs;
    },
    get auditMs() {
      return config.auditKeepMs;
    },
    get backoffLookbackMs() {
      return config.prebuildsBackoffLookbackMs;
    },
  };
}
