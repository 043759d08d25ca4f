import { type Static, Type } from "typebox";
import {
  gitAccountsPerPersonMax,
  gitHostLengthMax,
  gitTokenLengthMax,
  gitUsernameLengthMax,
  nameLengthMax,
  secretTemplatesMax,
  usernameLengthMax,
} from "../limits.ts";
import { closed, Empty, Instant, organizationQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** A linked account as it is shown. There is no route by which its token comes back to a person. */
export const GitAccount = Type.Object({
  /** With its port, unless that is 443. */
  host: Type.String(),
  username: Type.String(),
  linkedAt: Instant,
  /** When the host last refused the token; null when it did not, or took it since. */
  refusedAt: Type.Union([Instant, Type.Null()]),
  /** The templates whose workspaces can use it. */
  templates: Type.Array(Type.String()),
  /** Whether its owner's workspaces can use it whatever their template. */
  isEverywhere: Type.Boolean(),
});
export type GitAccount = Static<typeof GitAccount>;

const Templates = Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: secretTemplatesMax });
const places = {
  /** Templates whose workspaces can use it from now on, beside those that do. */
  allow: Type.Optional(Templates),
  /** Templates whose workspaces can use it no longer. */
  disallow: Type.Optional(Templates),
  isEverywhere: Type.Optional(Type.Boolean()),
};

const LinkGitAccount = Type.Object(
  {
    /** Both go to git as lines. */
    username: Type.String({ minLength: 1, maxLength: gitUsernameLengthMax, pattern: "^[^\\x00-\\x1f\\x7f]+$" }),
    token: Type.String({ minLength: 1, maxLength: gitTokenLengthMax, pattern: "^[\\x21-\\x7e]+$" }),
    ...places,
  },
  closed,
);
export type LinkGitAccount = Static<typeof LinkGitAccount>;

const PlaceGitAccount = Type.Object(places, closed);
export type PlaceGitAccount = Static<typeof PlaceGitAccount>;

const own = {
  tag: "git",
  credential: "user",
  access: "signed_in",
  path: "/api/v1/git/:host",
  params: Type.Object({ host: Type.String({ minLength: 1, maxLength: gitHostLengthMax }) }),
} as const;
const ownerQuery = Type.Object({ owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })) });

export const gitAccountRoutes = {
  listGitAccounts: {
    method: "GET",
    path: "/api/v1/git",
    tag: "git",
    credential: "user",
    access: "signed_in",
    summary: "Your accounts at git hosts, without their tokens; an administrator may ask for another's.",
    query: ownerQuery,
    response: Type.Object({ accounts: Type.Array(GitAccount, { maxItems: gitAccountsPerPersonMax }) }),
  },
  linkGitAccount: {
    ...own,
    method: "PUT",
    summary:
      "Link an account of your own at a git host by a token, which is shown to nobody; or give it another token.",
    query: Type.Object(organizationQuery),
    body: LinkGitAccount,
    response: GitAccount,
  },
  placeGitAccount: {
    ...own,
    method: "POST",
    summary: "Say which templates' workspaces can use your account at a git host.",
    query: Type.Object(organizationQuery),
    body: PlaceGitAccount,
    response: GitAccount,
  },
  unlinkGitAccount: {
    ...own,
    method: "DELETE",
    summary: "Unlink your own account at a git host; an administrator may unlink another's.",
    query: ownerQuery,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
