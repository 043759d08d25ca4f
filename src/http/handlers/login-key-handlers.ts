import { addLoginKey, listLoginKeys, removeOneLoginKey } from "../../app/identity/login-keys.ts";
import type { loginKeyRoutes } from "../../contracts/api/login-keys.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function loginKeyHandlers(deps: HttpDeps): Handlers<keyof typeof loginKeyRoutes> {
  return {
    listLoginKeys: async ({ caller, query }) => await listLoginKeys(deps, caller, query),
    addLoginKey: async ({ caller, body }) => await addLoginKey(deps, caller, body),
    removeLoginKey: async ({ caller, params, query }) => {
      await removeOneLoginKey(deps, caller, { ...query, ...params });
      return {};
    },
    getSshGateway: async () => deps.sshGateway() ?? { hostKey: null, fingerprint: null, port: null },
  };
}
