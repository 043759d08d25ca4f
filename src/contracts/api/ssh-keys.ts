import { type Static, Type } from "typebox";
import { nameLengthMax, secretTemplatesMax, usernameLengthMax } from "../limits.ts";
import { closed, Empty, Instant, organizationQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** There is no route, and no other way, by which the private half comes to a person. */
export const SshKey = Type.Object({
  /** A line of `authorized_keys`. */
  publicKey: Type.String(),
  createdAt: Instant,
  /** The templates whose workspaces can use it. */
  templates: Type.Array(Type.String()),
  /** Whether its owner's workspaces can use it whatever their template. */
  isEverywhere: Type.Boolean(),
});
export type SshKey = Static<typeof SshKey>;

const Templates = Type.Array(Type.String({ minLength: 1, maxLength: nameLengthMax }), { maxItems: secretTemplatesMax });

const PlaceSshKey = Type.Object(
  {
    /** Templates whose workspaces can use it from now on, beside those that do. */
    allow: Type.Optional(Templates),
    /** Templates whose workspaces can use it no longer. */
    disallow: Type.Optional(Templates),
    isEverywhere: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type PlaceSshKey = Static<typeof PlaceSshKey>;

const own = { tag: "keys", credential: "user", access: "signed_in", path: "/api/v1/keys" } as const;

export const sshKeyRoutes = {
  getSshKey: {
    ...own,
    method: "GET",
    summary: "The public half of your own SSH key, and the templates whose workspaces can use it.",
    response: SshKey,
  },
  createSshKey: {
    ...own,
    method: "POST",
    summary: "Have an SSH key of your own made. Its private half is shown to nobody.",
    query: Type.Object(organizationQuery),
    body: PlaceSshKey,
    response: SshKey,
  },
  placeSshKey: {
    ...own,
    method: "PUT",
    summary: "Say which templates' workspaces can use your SSH key.",
    query: Type.Object(organizationQuery),
    body: PlaceSshKey,
    response: SshKey,
  },
  rotateSshKey: {
    ...own,
    method: "POST",
    path: "/api/v1/keys/rotate",
    summary: "Replace your SSH key by a new one, for the same templates.",
    response: SshKey,
  },
  removeSshKey: {
    ...own,
    method: "DELETE",
    summary: "Remove your own SSH key; an administrator may remove another's.",
    query: Type.Object({ owner: Type.Optional(Type.String({ maxLength: usernameLengthMax })) }),
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
