import { listKnownServers } from "../../app/system/list-servers.ts";
import type { serverRoutes } from "../../contracts/api/servers.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function serverHandlers(deps: HttpDeps): Handlers<keyof typeof serverRoutes> {
  return {
    listServers: async ({ caller }) => await listKnownServers(deps, caller),
  };
}
