import { createKey, listKeys, revokeKey } from "../../app/provisioner/daemon-keys.ts";
import type { daemonKeyRoutes } from "../../contracts/api/daemon-keys.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function daemonKeyHandlers(deps: HttpDeps): Handlers<keyof typeof daemonKeyRoutes> {
  return {
    listDaemonKeys: async ({ caller }) => listKeys(deps, caller),
    createDaemonKey: async ({ caller, body }) => createKey(deps, caller, body),
    revokeDaemonKey: async ({ caller, params }) => {
      await revokeKey(deps, caller, params.keyId);
      return {};
    },
  };
}
