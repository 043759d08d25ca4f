import { type Static, Type } from "typebox";
import {
  emailLengthMax,
  passwordLengthMax,
  passwordLengthMin,
  suspensionReasonLengthMax,
  tokenLifetimeDaysMax,
  tokenNameLengthMax,
  usernameLengthMax,
} from "../limits.ts";
import { namePattern } from "../manifest.ts";
import { closed, Empty, Instant, OptionalInstant, pageQuery, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

const Username = Type.String({ minLength: 1, maxLength: usernameLengthMax, pattern: namePattern });
const Password = Type.String({ minLength: passwordLengthMin, maxLength: passwordLengthMax });
const DeploymentRole = Type.Union([Type.Literal("administrator"), Type.Literal("member")]);
const OrganizationRole = Type.Union([Type.Literal("template_admin"), Type.Literal("member")]);

export const User = Type.Object({
  id: Uuid,
  username: Type.String(),
  name: Type.String(),
  email: Type.Union([Type.String(), Type.Null()]),
  role: DeploymentRole,
  organizations: Type.Array(Type.Object({ id: Uuid, name: Type.String(), role: OrganizationRole })),
  createdAt: Instant,
  suspendedAt: OptionalInstant,
  suspendedBecause: Type.Union([Type.String(), Type.Null()]),
});
export type User = Static<typeof User>;

export const Token = Type.Object({
  id: Uuid,
  kind: Type.Union([Type.Literal("session"), Type.Literal("api")]),
  name: Type.String(),
  createdAt: Instant,
  expiresAt: Instant,
  lastUsedAt: OptionalInstant,
});
export type Token = Static<typeof Token>;

/** The secret is shown this once. */
export const IssuedToken = Type.Object({ token: Token, secret: Type.String() });

const EndSessions = Type.Object({ apiTokens: Type.Optional(Type.Boolean()) }, closed);
/** How many sessions and tokens it ended. */
const Ended = Type.Object({ ended: Type.Integer() });

export const Organization = Type.Object({
  id: Uuid,
  name: Type.String(),
  displayName: Type.String(),
  /** What you are in it; null for an administrator who is no member. */
  role: Type.Union([OrganizationRole, Type.Null()]),
  members: Type.Integer(),
  createdAt: Instant,
});
export type Organization = Static<typeof Organization>;

export const identityRoutes = {
  login: {
    method: "POST",
    path: "/api/v1/auth/login",
    tag: "identity",
    summary: "Sign in with user name and password; answers a session token and sets it as a cookie.",
    credential: "none",
    access: "anyone",
    body: Type.Object(
      { username: Type.String({ maxLength: 128 }), password: Type.String({ maxLength: passwordLengthMax }) },
      closed,
    ),
    response: Type.Object({ secret: Type.String(), user: User, expiresAt: Instant }),
  },
  logout: {
    method: "POST",
    path: "/api/v1/auth/logout",
    tag: "identity",
    summary: "Revoke the session or token that the request came with.",
    credential: "user",
    access: "signed_in",
    response: Empty,
  },
  logoutAll: {
    method: "POST",
    path: "/api/v1/auth/logout-all",
    tag: "identity",
    summary: "End all your sessions, this one included, and your API tokens too if asked.",
    credential: "user",
    access: "signed_in",
    body: EndSessions,
    response: Ended,
  },
  changePassword: {
    method: "POST",
    path: "/api/v1/auth/password",
    tag: "identity",
    summary: "Change your own password; your other sessions end.",
    credential: "user",
    access: "signed_in",
    body: Type.Object({ current: Type.String({ maxLength: passwordLengthMax }), password: Password }, closed),
    response: Ended,
  },
  setUp: {
    method: "POST",
    path: "/api/v1/auth/setup",
    tag: "identity",
    summary: "Set the administrator's first password with the one-time link that the server printed.",
    credential: "none",
    access: "anyone",
    body: Type.Object({ secret: Type.String({ maxLength: 128 }), password: Password }, closed),
    /** Of whom it is the password. */
    response: Type.Object({ username: Type.String() }),
  },
  whoAmI: {
    method: "GET",
    path: "/api/v1/users/me",
    tag: "identity",
    summary: "The signed-in user, with roles.",
    credential: "user",
    access: "signed_in",
    response: User,
  },
  listOrganizations: {
    method: "GET",
    path: "/api/v1/organizations",
    tag: "identity",
    summary: "The organizations that you are in, or as an administrator all.",
    credential: "user",
    access: "signed_in",
    query: Type.Object({
      ...pageQuery,
      search: Type.Optional(Type.String({ maxLength: 64 })),
      sort: Type.Optional(Type.Enum(["name", "members", "created"])),
      order: Type.Optional(Type.Enum(["asc", "desc"])),
    }),
    response: Type.Object({ organizations: Type.Array(Organization), total: Type.Integer() }),
  },
  getOrganization: {
    method: "GET",
    path: "/api/v1/organizations/:organization",
    tag: "identity",
    summary: "An organization by name or id.",
    credential: "user",
    access: "organization_member",
    params: Type.Object({ organization: Type.String({ maxLength: 64 }) }),
    response: Organization,
  },
  listUsers: {
    method: "GET",
    path: "/api/v1/users",
    tag: "identity",
    summary: "All users, by name.",
    credential: "user",
    access: "administrator",
    query: Type.Object({ ...pageQuery, search: Type.Optional(Type.String({ maxLength: 64 })) }),
    response: Type.Object({ users: Type.Array(User), total: Type.Integer() }),
  },
  createUser: {
    method: "POST",
    path: "/api/v1/users",
    tag: "identity",
    summary: "Create a user, as a member of the default organization.",
    credential: "user",
    access: "administrator",
    status: 201,
    body: Type.Object(
      {
        username: Username,
        password: Password,
        name: Type.Optional(Type.String({ maxLength: 128 })),
        email: Type.Optional(Type.String({ maxLength: emailLengthMax, pattern: "^[^@\\s]+@[^@\\s]+$" })),
        role: Type.Optional(DeploymentRole),
        organizationRole: Type.Optional(OrganizationRole),
      },
      closed,
    ),
    response: User,
  },
  deleteUser: {
    method: "DELETE",
    path: "/api/v1/users/:username",
    tag: "identity",
    summary: "Delete a user who has no workspaces left; his sessions and tokens end at once.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    response: Empty,
  },
  suspendUser: {
    method: "POST",
    path: "/api/v1/users/:username/suspend",
    tag: "identity",
    summary: "Suspend a user: sessions end, tokens are refused, nothing is started for him; what he owns is kept.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: suspensionReasonLengthMax }) }, closed),
    response: Empty,
  },
  activateUser: {
    method: "POST",
    path: "/api/v1/users/:username/activate",
    tag: "identity",
    summary: "End a suspension.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    response: Empty,
  },
  setRole: {
    method: "PUT",
    path: "/api/v1/users/:username/role",
    tag: "identity",
    summary: "Change what a user may do: in the deployment, in the default organization, or both.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    body: Type.Object(
      { role: Type.Optional(DeploymentRole), organizationRole: Type.Optional(OrganizationRole) },
      { ...closed, minProperties: 1 },
    ),
    response: User,
  },
  resetPassword: {
    method: "PUT",
    path: "/api/v1/users/:username/password",
    tag: "identity",
    summary: "Set a user's password; all his sessions end.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    body: Type.Object({ password: Password }, closed),
    response: Ended,
  },
  endUserSessions: {
    method: "POST",
    path: "/api/v1/users/:username/logout",
    tag: "identity",
    summary: "End all sessions of a user, and his API tokens too if asked.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ username: Type.String() }),
    body: EndSessions,
    response: Ended,
  },
  listTokens: {
    method: "GET",
    path: "/api/v1/tokens",
    tag: "identity",
    summary: "Your own live sessions and API tokens, newest first; an administrator may ask for another's.",
    credential: "user",
    access: "signed_in",
    query: Type.Object({ ...pageQuery, owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })) }),
    response: Type.Object({ tokens: Type.Array(Token), total: Type.Integer() }),
  },
  createToken: {
    method: "POST",
    path: "/api/v1/tokens",
    tag: "identity",
    summary: "Create an API token of your own. The secret is in this answer only.",
    credential: "user",
    access: "signed_in",
    status: 201,
    body: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: tokenNameLengthMax }),
        lifetimeDays: Type.Optional(Type.Integer({ minimum: 1, maximum: tokenLifetimeDaysMax })),
      },
      closed,
    ),
    response: IssuedToken,
  },
  revokeToken: {
    method: "DELETE",
    path: "/api/v1/tokens/:tokenId",
    tag: "identity",
    summary: "Revoke one of your own sessions or API tokens; an administrator may revoke anybody's.",
    credential: "user",
    access: "self_or_administrator",
    params: Type.Object({ tokenId: Uuid }),
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
