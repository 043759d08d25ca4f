import { type Static, Type } from "typebox";
import { loginKeyNameLengthMax, publicKeyLengthMax, usernameLengthMax } from "../limits.ts";
import { closed, Empty, Instant, OptionalInstant, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** A key by which its owner signs in at the SSH gateway. */
export const LoginKey = Type.Object({
  id: Uuid,
  name: Type.String(),
  /** A line of `authorized_keys`. */
  publicKey: Type.String(),
  /** `SHA256:…`, as `ssh-keygen -l` says it. */
  fingerprint: Type.String(),
  createdAt: Instant,
  lastUsedAt: OptionalInstant,
});
export type LoginKey = Static<typeof LoginKey>;

/** The deployment's SSH gateway. */
export const SshGateway = Type.Object({
  /** `ssh-ed25519 AAAA…`, as a line of `known_hosts` has it after the host; null: this server has no gateway. */
  hostKey: Type.Union([Type.String(), Type.Null()]),
  fingerprint: Type.Union([Type.String(), Type.Null()]),
  /** Where this server listens for it. */
  port: Type.Union([Type.Integer(), Type.Null()]),
});
export type SshGateway = Static<typeof SshGateway>;

const own = { tag: "keys", credential: "user", access: "signed_in" } as const;
const ofPerson = { owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })) };

export const loginKeyRoutes = {
  listLoginKeys: {
    ...own,
    method: "GET",
    path: "/api/v1/login-keys",
    summary: "Your own keys for the SSH gateway; an administrator may ask for another's.",
    query: Type.Object(ofPerson),
    response: Type.Object({ loginKeys: Type.Array(LoginKey) }),
  },
  addLoginKey: {
    ...own,
    method: "POST",
    path: "/api/v1/login-keys",
    summary: "Add the public half of a key by which you sign in at the SSH gateway.",
    body: Type.Object(
      {
        publicKey: Type.String({ minLength: 1, maxLength: publicKeyLengthMax }),
        /** What is written behind the key unless said. */
        name: Type.Optional(Type.String({ minLength: 1, maxLength: loginKeyNameLengthMax })),
      },
      closed,
    ),
    response: LoginKey,
  },
  removeLoginKey: {
    ...own,
    method: "DELETE",
    path: "/api/v1/login-keys/:loginKey",
    summary: "Remove a login key by its name, fingerprint or id; connections that were made with it end.",
    params: Type.Object({ loginKey: Type.String({ minLength: 1, maxLength: loginKeyNameLengthMax }) }),
    query: Type.Object(ofPerson),
    response: Empty,
  },
  getSshGateway: {
    ...own,
    method: "GET",
    path: "/api/v1/ssh-gateway",
    summary: "The SSH gateway of this server, with its host key.",
    response: SshGateway,
  },
} as const satisfies Record<string, RouteDefinition>;
