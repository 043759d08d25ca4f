import { adoptDaemon, forgetGoneDaemon, listKnownDaemons } from "../../app/provisioner/manage-daemons.ts";
import type { provisionerRoutes } from "../../contracts/api/daemons.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function provisionerHandlers(deps: HttpDeps): Handlers<keyof typeof provisionerRoutes> {
  return {
    listDaemons: async ({ caller }) => await listKnownDaemons(deps, caller),
    adoptDaemon: async ({ caller, params, body }) => await adoptDaemon(deps, caller, { ...params, ...body }),
    forgetDaemon: async ({ caller, params }) => {
      await forgetGoneDaemon(deps, caller, params.daemon);
      return {};
    },
  };
}
