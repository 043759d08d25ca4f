import { Type } from "typebox";
import { workspaceStatuses } from "../states.ts";
import { workspaceGroups } from "../workspace-groups.ts";
import { organizationQuery } from "./common-schemas.ts";

/** Which workspaces are meant; without anything, all of one's own. */
export const workspaceFilter = {
  ...organizationQuery,
  /** A user name, `me`, or `*` for everybody's. */
  owner: Type.Optional(Type.String({ maxLength: 128 })),
  template: Type.Optional(Type.String({ maxLength: 64 })),
  status: Type.Optional(Type.Enum(workspaceStatuses)),
  /** One of the five groups that each workspace is in. */
  group: Type.Optional(Type.Enum(workspaceGroups)),
  /** Only the dormant ones, or only the others. */
  dormant: Type.Optional(Type.Boolean()),
  /** Only those that have not their template's active version, or only the others. */
  outdated: Type.Optional(Type.Boolean()),
  /** Only those that you have marked as favourites. */
  favourite: Type.Optional(Type.Literal(true)),
  search: Type.Optional(Type.String({ maxLength: 64 })),
};
