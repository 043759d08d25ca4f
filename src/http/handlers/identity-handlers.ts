import { getOrganization, listOrganizations } from "../../app/identity/organizations.ts";
import "@fastify/cookie";
import type { FastifyRequest } from "fastify";
import { activate, changeOwnPassword, endSessions, resetPassword, suspend } from "../../app/identity/accounts.ts";
import { actorView } from "../../app/identity/authenticate.ts";
import { changeRole } from "../../app/identity/roles.ts";
import { SignInLimits, withinSignInLimits } from "../../app/identity/sign-in-limits.ts";
import { setUp, signIn, signOut } from "../../app/identity/sign-in.ts";
import { createToken, listTokens, revokeOneToken } from "../../app/identity/tokens.ts";
import { createUser, listAllUsers, removeUser } from "../../app/identity/users.ts";
import type { identityRoutes } from "../../contracts/api/identity.ts";
import type { TokenId } from "../../contracts/ids.ts";
import { subscriberOf } from "../../platform/network/address-ranges.ts";
import { sessionCookie } from "../credentials.ts";
import type { Handlers } from "../handler.ts";
import type { HttpDeps } from "../http-deps.ts";

export function identityHandlers(deps: HttpDeps): Handlers<keyof typeof identityRoutes> {
  const limits = new SignInLimits(deps.monotonicMs);
  const fromOf = (username: string, request: FastifyRequest) => ({ username, address: subscriberOf(request.ip) });
  return {
    login: async ({ body, request, reply }) => {
      const from = fromOf(body.username, request);
      const signedIn = await withinSignInLimits(deps, { limits, from }, async () => signIn(deps, body));
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
    changePassword: async ({ caller, body, request }) => {
      const from = fromOf(caller.username, request);
      return await withinSignInLimits(deps, { limits, from }, async () => changeOwnPassword(deps, caller, body));
    },
    setUp: async ({ body }) => await setUp(deps, body),
    whoAmI: async ({ caller }) => actorView(caller),
    listOrganizations: async ({ caller, query }) => await listOrganizations(deps, caller, query),
    getOrganization: async ({ caller, params }) => await getOrganization(deps, caller, params.organization),
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
    setRole: async ({ caller, params, body }) => await changeRole(deps, caller, { ...params, ...body }),
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
