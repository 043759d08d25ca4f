import {
  createOwnSshKey,
  placeOwnSshKey,
  removeAnSshKey,
  rotateOwnSshKey,
  seeOwnSshKey,
} from "../../app/secrets/ssh-keys.ts";
import type { sshKeyRoutes } from "../../contracts/api/ssh-keys.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function sshKeyHandlers(deps: HttpDeps): Handlers<keyof typeof sshKeyRoutes> {
  return {
    getSshKey: async ({ caller }) => await seeOwnSshKey(deps, caller),
    createSshKey: async ({ caller, query, body }) => await createOwnSshKey(deps, caller, { ...query, ...body }),
    placeSshKey: async ({ caller, query, body }) => await placeOwnSshKey(deps, caller, { ...query, ...body }),
    rotateSshKey: async ({ caller }) => await rotateOwnSshKey(deps, caller),
    removeSshKey: async ({ caller, query }) => {
      await removeAnSshKey(deps, caller, query);
      return {};
    },
  };
}
