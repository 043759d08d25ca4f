import {
  removeOwnSecret,
  removeTemplateSecret,
  seeSecrets,
  seeTemplateSecrets,
  setOwnSecret,
  setTemplateSecret,
} from "../../app/secrets/secrets.ts";
import type { secretRoutes } from "../../contracts/api/secrets.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function secretHandlers(deps: HttpDeps): Handlers<keyof typeof secretRoutes> {
  return {
    listSecrets: async ({ caller, query }) => await seeSecrets(deps, caller, query),
    setSecret: async ({ caller, params, query, body }) =>
      await setOwnSecret(deps, caller, { ...query, ...params, ...body }),
    removeSecret: async ({ caller, params, query }) => {
      await removeOwnSecret(deps, caller, { ...query, ...params });
      return {};
    },
    listTemplateSecrets: async ({ caller, params, query }) =>
      await seeTemplateSecrets(deps, caller, { ...query, ...params }),
    setTemplateSecret: async ({ caller, params, query, body }) =>
      await setTemplateSecret(deps, caller, { ...query, ...params, ...body }),
    removeTemplateSecret: async ({ caller, params, query }) => {
      await removeTemplateSecret(deps, caller, { ...query, ...params });
      return {};
    },
  };
}
