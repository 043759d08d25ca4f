import { listSettings, resetSetting, storeSetting } from "../../app/system/settings.ts";
import type { settingRoutes } from "../../contracts/api/settings.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function settingHandlers(deps: HttpDeps): Handlers<keyof typeof settingRoutes> {
  return {
    listSettings: async ({ caller }) => await listSettings(deps, caller),
    storeSetting: async ({ caller, params, body }) =>
      await storeSetting(deps, caller, { setting: params.setting, value: body.value }),
    resetSetting: async ({ caller, params }) => await resetSetting(deps, caller, params.setting),
  };
}
