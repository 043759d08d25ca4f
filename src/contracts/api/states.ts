import { type Static, Type } from "typebox";
import { Instant, pageQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const StateVersion = Type.Object({
  /** 0 for the newest, which the next job gets; the greater of two others is the newer. */
  version: Type.Integer({ minimum: 0 }),
  /** The job that stored it, and in which of its attempts. */
  jobId: Type.String(),
  attempt: Type.Integer(),
  /** Goes up with each version of an attempt. */
  serial: Type.Integer(),
  storedAt: Instant,
  /** As stored: compressed and sealed. */
  bytes: Type.Integer(),
});
export type StateVersion = Static<typeof StateVersion>;

const workspace = Type.String({ maxLength: 128 });

export const stateRoutes = {
  listStateVersions: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/states",
    tag: "workspaces",
    summary:
      "Versions of what the workspace's driver knows to exist, newest first, without their content. Of people's workspaces for administrators only.",
    credential: "user",
    access: "template_admin",
    params: Type.Object({ workspace }),
    query: Type.Object(pageQuery),
    response: Type.Object({ versions: Type.Array(StateVersion), total: Type.Integer() }),
  },
  getStateVersion: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/states/:version",
    tag: "workspaces",
    summary:
      "One version, tokens and secrets masked; each look is audited. Number 0 is the newest. Of people's workspaces for administrators only.",
    credential: "user",
    access: "template_admin",
    params: Type.Object({ workspace, version: Type.Integer({ minimum: 0 }) }),
    response: Type.Object({ ...StateVersion.properties, state: Type.Unknown() }),
  },
} as const satisfies Record<string, RouteDefinition>;
