import {
  linkGitAccount,
  placeOwnGitAccount,
  seeGitAccounts,
  unlinkGitAccount,
} from "../../app/secrets/git-accounts.ts";
import type { gitAccountRoutes } from "../../contracts/api/git-accounts.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function gitAccountHandlers(deps: HttpDeps): Handlers<keyof typeof gitAccountRoutes> {
  return {
    listGitAccounts: async ({ caller, query }) => await seeGitAccounts(deps, caller, query),
    linkGitAccount: async ({ caller, params, query, body }) =>
      await linkGitAccount(deps, caller, { ...query, ...params, ...body }),
    placeGitAccount: async ({ caller, params, query, body }) =>
      await placeOwnGitAccount(deps, caller, { ...query, ...params, ...body }),
    unlinkGitAccount: async ({ caller, params, query }) => {
      await unlinkGitAccount(deps, caller, { ...query, ...params });
      return {};
    },
  };
}
