import { listOrganizations } from "../../app/identity/organizations.ts";
import "@fastify/cookie";
import { activate, changeOwnPassword, endSessions, resetPassword, suspend } from "../../app/identity/accounts.ts";
import { actorView } from "../../app/identity/authenticate.ts";
import { setUp, signIn, signOut } from "../../app/identity/sign-in.ts";
import { createToken, listTokens, revokeOneToken } from "../../app/identity/tokens.ts";
import { createUser, listAllUsers, removeUser } from "../../app/identity/users.ts";
import type { identityRoutes } from "../../contracts/api/identity.ts";
import type { TokenId } from "../../contracts/ids.ts";
import { sessionCookie } from "../credentials.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function identityHandlers(deps: HttpDeps): Handlers<keyof typeof identityRoutes> {
  return {
    login: async ({ body, reply }) => {
      const signedIn = await signIn(deps, body);
      void reply.setCookie(sessionCookie, signedIn.secret, {
        path: "/",
        httpOnly: true,
        sameSite: "lax",
        secure: deps.options.accessUrl().startsWith("https:"),
        expires: new Date(signedIn.expiresAt),
      });
      return signedIn;
    },
    logout: async ({ caller, reply }) => {
      await signOut(deps, caller);
      void reply.clearCookie(sessionCookie, { path: "/" });
      return {};
    },
    logoutAll: async ({ caller, body, reply }) => {
      const answer = await endSessions(deps, caller, { ...body, username: null });
      void reply.clearCookie(sessionCookie, { path: "/" });
      return answer;
    },
    changePassword: async ({ caller, body }) => await changeOwnPassword(deps, caller, body),
    setUp: async ({ body }) => {
      await setUp(deps, body);
      return {};
    },
    whoAmI: async ({ caller }) => actorView(caller),
    listOrganizations: async ({ caller }) => await listOrganizations(deps, caller),
    listUsers: async ({ caller, query }) => await listAllUsers(deps, caller, query),
    createUser: async ({ caller, body }) => await createUser(deps, caller, body),
    deleteUser: async ({ caller, params }) => {
      await removeUser(deps, caller, params.username);
      return {};
    },
    suspendUser: async ({ caller, params, body }) => {
      await suspend(deps, caller, { ...params, ...body });
      return {};
    },
    activateUser: async ({ caller, params }) => {
      await activate(deps, caller, params.username);
      return {};
    },
    resetPassword: async ({ caller, params, body }) => await resetPassword(deps, caller, { ...params, ...body }),
    endUserSessions: async ({ caller, params, body }) => await endSessions(deps, caller, { ...body, ...params }),
    listTokens: async ({ caller, query }) => await listTokens(deps, caller, query),
    createToken: async ({ caller, body }) => await createToken(deps, caller, body),
    revokeToken: async ({ caller, params }) => {
      await revokeOneToken(deps, caller, params.tokenId as TokenId);
      return {};
    },
  };
}
