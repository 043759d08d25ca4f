import { listStateVersions, readStateVersion } from "../../app/workspaces/state-versions.ts";
import type { stateRoutes } from "../../contracts/api/states.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function stateHandlers(deps: HttpDeps): Handlers<keyof typeof stateRoutes> {
  return {
    listStateVersions: async ({ caller, params, query }) =>
      await listStateVersions(deps, caller, { ...query, ...params }),
    getStateVersion: async ({ caller, params }) => await readStateVersion(deps, caller, params),
  };
}
