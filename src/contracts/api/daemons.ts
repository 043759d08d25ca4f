import { type Static, Type } from "typebox";
import { jobLanes } from "../job-queue.ts";
import { closed, Empty, Instant, Uuid } from "./common-schemas.ts";
import { JobKindSchema } from "./jobs.ts";
import { TransitionSchema } from "./workspaces.ts";
import type { RouteDefinition } from "./route.ts";

export const daemonStates = ["connected", "signed_off", "away"] as const;

/** A job that a daemon has now. */
const DaemonJob = Type.Object({
  jobId: Uuid,
  kind: JobKindSchema,
  transition: Type.Union([TransitionSchema, Type.Null()]),
  stage: Type.Union([Type.String(), Type.Null()]),
  lane: Type.Enum(jobLanes),
  template: Type.Union([Type.String(), Type.Null()]),
  workspace: Type.Union([Type.String(), Type.Null()]),
  /** Whether it was asked to stop. */
  isCanceling: Type.Boolean(),
  startedAt: Instant,
});

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
  /** What it runs, the longest first; at most 50. */
  jobs: Type.Array(DaemonJob),
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
    summary: "The provisioner daemons that are known, with what each runs and the workspaces that lie on its host.",
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
