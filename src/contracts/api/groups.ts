import { type Static, Type } from "typebox";
import { allowanceMax, groupMembersAddedMax } from "../limits.ts";
import { closed, Empty, Instant, Name, OptionalInstant, organizationQuery, pageQuery, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const groupKinds = ["everyone", "prebuilds", "ordinary"] as const;

/** Cost units. */
const Allowance = Type.Integer({ minimum: 0, maximum: allowanceMax });
const DisplayName = Type.String({ maxLength: 64 });

export const Group = Type.Object({
  id: Uuid,
  name: Type.String(),
  displayName: Type.String(),
  /** `everyone` has everybody in the organization, `prebuilds` the system user of the pools; to the others people are added. */
  kind: Type.Enum(groupKinds),
  /** Cost units that each member has from it; those of `prebuilds` are what all unclaimed prebuilds have. */
  allowance: Type.Integer(),
  memberCount: Type.Integer(),
  createdAt: Instant,
});
export type Group = Static<typeof Group>;

export const GroupMember = Type.Object({ username: Type.String(), name: Type.String() });
export type GroupMember = Static<typeof GroupMember>;

export const Quota = Type.Object({
  /** Whether anything is held to it; shown also when it is not. */
  isEnabled: Type.Boolean(),
  organization: Type.String(),
  user: Type.String(),
  used: Type.Integer(),
  allowed: Type.Integer(),
  /** What `allowed` is the sum of. */
  groups: Type.Array(Type.Object({ group: Type.String(), allowance: Type.Integer() })),
  /** A page of the live workspaces, running or not, the costliest first. */
  workspaces: Type.Array(
    Type.Object({
      id: Uuid,
      name: Type.String(),
      template: Type.String(),
      cost: Type.Integer(),
      lastUsedAt: OptionalInstant,
    }),
  ),
  total: Type.Integer(),
});
export type Quota = Static<typeof Quota>;

const groupParams = Type.Object({ group: Type.String({ maxLength: 64 }) });

export const groupRoutes = {
  listGroups: {
    method: "GET",
    path: "/api/v1/groups",
    tag: "groups",
    summary: "The groups of an organization, with their allowances.",
    credential: "user",
    access: "organization_member",
    query: Type.Object({
      ...organizationQuery,
      ...pageQuery,
      search: Type.Optional(Type.String({ maxLength: 64 })),
      sort: Type.Optional(Type.Union([Type.Literal("name"), Type.Literal("allowance")])),
      order: Type.Optional(Type.Union([Type.Literal("asc"), Type.Literal("desc")])),
    }),
    response: Type.Object({ groups: Type.Array(Group), total: Type.Integer() }),
  },
  getGroup: {
    method: "GET",
    path: "/api/v1/groups/:group",
    tag: "groups",
    summary: "A group, and a page of its members by name.",
    credential: "user",
    access: "organization_member",
    params: groupParams,
    query: Type.Object({ ...organizationQuery, ...pageQuery }),
    response: Type.Object({ group: Group, members: Type.Array(GroupMember), total: Type.Integer() }),
  },
  createGroup: {
    method: "POST",
    path: "/api/v1/groups",
    tag: "groups",
    summary: "Create a group without members.",
    credential: "user",
    access: "administrator",
    status: 201,
    query: Type.Object(organizationQuery),
    body: Type.Object(
      { name: Name, displayName: Type.Optional(DisplayName), allowance: Type.Optional(Allowance) },
      closed,
    ),
    response: Group,
  },
  editGroup: {
    method: "PUT",
    path: "/api/v1/groups/:group",
    tag: "groups",
    summary: "Change name, display name or allowance; what is left out stays.",
    credential: "user",
    access: "administrator",
    params: groupParams,
    query: Type.Object(organizationQuery),
    body: Type.Object(
      {
        name: Type.Optional(Name),
        displayName: Type.Optional(DisplayName),
        allowance: Type.Optional(Allowance),
      },
      closed,
    ),
    response: Group,
  },
  deleteGroup: {
    method: "DELETE",
    path: "/api/v1/groups/:group",
    tag: "groups",
    summary: "Delete a group; what its members have stays, and counts against what they have left.",
    credential: "user",
    access: "administrator",
    params: groupParams,
    query: Type.Object(organizationQuery),
    response: Empty,
  },
  addGroupMembers: {
    method: "POST",
    path: "/api/v1/groups/:group/members",
    tag: "groups",
    summary: "Add people of the organization to a group: all of them, or none.",
    credential: "user",
    access: "administrator",
    params: groupParams,
    query: Type.Object(organizationQuery),
    body: Type.Object(
      {
        usernames: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
          minItems: 1,
          maxItems: groupMembersAddedMax,
        }),
      },
      closed,
    ),
    response: Group,
  },
  removeGroupMember: {
    method: "DELETE",
    path: "/api/v1/groups/:group/members/:username",
    tag: "groups",
    summary: "Take somebody out of a group.",
    credential: "user",
    access: "administrator",
    params: Type.Object({ group: Type.String({ maxLength: 64 }), username: Type.String({ maxLength: 64 }) }),
    query: Type.Object(organizationQuery),
    response: Group,
  },
  getQuota: {
    method: "GET",
    path: "/api/v1/quota",
    tag: "groups",
    summary: "What somebody may use, uses, and by which workspaces; `user=prebuilds` is about the pools.",
    credential: "user",
    access: "self_or_administrator",
    query: Type.Object({
      ...organizationQuery,
      ...pageQuery,
      /** The caller unless said. */
      user: Type.Optional(Type.String({ maxLength: 64 })),
    }),
    response: Quota,
  },
} as const satisfies Record<string, RouteDefinition>;
