import { type Static, Type } from "typebox";
import { closed, Empty, Instant, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

export const daemonStates = ["connected", "signed_off", "away"] as const;

export const DaemonView = Type.Object({
  id: Uuid,
  name: Type.String(),
  /** `builtin`: a server's own. */
  kind: Type.Union([Type.Literal("builtin"), Type.Literal("external")]),
  /** `signed_off`: stopped on purpose; `away`: it does not answer. */
  state: Type.Enum(daemonStates),
  drivers: Type.Array(Type.String()),
  tags: Type.Record(Type.String(), Type.String()),
  version: Type.String(),
  /** Jobs that it may run at once, and runs. */
  concurrency: Type.Integer(),
  running: Type.Integer(),
  /** Workspaces that lie on its host, and that no other daemon can reach. */
  workspaces: Type.Integer(),
  seenAt: Instant,
});
export type DaemonView = Static<typeof DaemonView>;

const daemonParams = Type.Object({ daemon: Type.String({ minLength: 1, maxLength: 64 }) });

export const provisionerRoutes = {
  listDaemons: {
    method: "GET",
    path: "/api/v1/daemons",
    tag: "provisioner",
    summary: "The provisioner daemons that are known, with the workspaces that lie on their hosts.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ daemons: Type.Array(DaemonView) }),
  },
  adoptDaemon: {
    method: "POST",
    path: "/api/v1/daemons/:daemon/adopt",
    tag: "provisioner",
    summary: "Have the workspaces of a daemon that is gone belong to another one, which has their files.",
    credential: "user",
    access: "administrator",
    params: daemonParams,
    body: Type.Object({ by: Type.String({ minLength: 1, maxLength: 64 }) }, closed),
    response: Type.Object({
      adopted: Type.Integer(),
      /** Workspaces whose driver or tags the other daemon does not have; they stay where they are. */
      left: Type.Integer(),
    }),
  },
  forgetDaemon: {
    method: "DELETE",
    path: "/api/v1/daemons/:daemon",
    tag: "provisioner",
    summary: "Forget a daemon that is gone and on whose host no workspace lies.",
    credential: "user",
    access: "administrator",
    params: daemonParams,
    response: Empty,
  },
} as const satisfies Record<string, RouteDefinition>;
