import "@fastify/cookie";
import { actorView } from "../../app/identity/authenticate.ts";
import { setUp, signIn, signOut } from "../../app/identity/sign-in.ts";
import {
  createToken,
  createUser,
  listAllUsers,
  listOwnTokens,
  removeUser,
  revokeOneToken,
} from "../../app/identity/users.ts";
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
    setUp: async ({ body }) => {
      await setUp(deps, body);
      return {};
    },
    whoAmI: async ({ caller }) => actorView(caller),
    listUsers: async ({ caller, query }) => await listAllUsers(deps, caller, query),
    createUser: async ({ caller, body }) => await createUser(deps, caller, body),
    deleteUser: async ({ caller, params }) => {
      await removeUser(deps, caller, params.username);
      return {};
    },
    listTokens: async ({ caller }) => await listOwnTokens(deps, caller),
    createToken: async ({ caller, body }) => await createToken(deps, caller, body),
    revokeToken: async ({ caller, params }) => {
      await revokeOneToken(deps, caller, params.tokenId as TokenId);
      return {};
    },
  };
}
