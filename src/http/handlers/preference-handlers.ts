import { seePreferences, changePreferences } from "../../app/identity/preferences.ts";
import type { preferenceRoutes } from "../../contracts/api/preferences.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function preferenceHandlers(deps: HttpDeps): Handlers<keyof typeof preferenceRoutes> {
  return {
    getPreferences: async ({ caller }) => await seePreferences(deps, caller),
    changePreferences: async ({ caller, body }) => await changePreferences(deps, caller, body),
  };
}
