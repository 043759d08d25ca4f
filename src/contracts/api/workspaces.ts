import { type Static, Type } from "typebox";
import { appHealths } from "../app-health.ts";
import { claimWaitMsMax, idempotencyKeyLengthMax, parameterValueLengthMax } from "../limits.ts";
import { agentStates, buildStages, jobStatuses, missReasons, transitions, workspaceStatuses } from "../states.ts";
import {
  closed,
  Instant,
  Name,
  OptionalInstant,
  organizationQuery,
  pageQuery,
  Parameters,
  Uuid,
} from "./common-schemas.ts";
import { PhaseTiming, PlanReport, ProvisionedResource } from "../provisioner-protocol.ts";
import { CreationPreview } from "./creation-preview.ts";
import { logSearchBound, logSearchQuery, LogPage } from "./logs.ts";
import type { RouteDefinition } from "./route.ts";
import { AutostartText, Ttl } from "./schedules.ts";
import { workspaceSorts } from "../workspace-sorts.ts";
import { workspaceFilter } from "./workspace-filter.ts";

export const JobStatusSchema = Type.Enum(jobStatuses);
export const TransitionSchema = Type.Enum(transitions);

export const Build = Type.Object({
  id: Uuid,
  number: Type.Integer(),
  transition: TransitionSchema,
  stage: Type.Enum(buildStages),
  status: JobStatusSchema,
  errorCode: Type.Union([Type.String(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  /** Null: the build needed no provisioner. */
  jobId: Type.Union([Uuid, Type.Null()]),
  initiator: Type.String(),
  /** Why, when nobody asked for it ("stopped: idle for 1 h"), and why an automatic update was not made; else empty. */
  reason: Type.String(),
  /** Of the one that made a workspace for somebody without a prebuild: why none served him. */
  missReason: Type.Optional(Type.Enum(missReasons)),
  templateVersion: Type.String(),
  createdAt: Instant,
  startedAt: OptionalInstant,
  completedAt: OptionalInstant,
});
export type Build = Static<typeof Build>;

/** `unknown`: nobody can say, as while the agent is not connected, or is one of a release that does not check. */
export const AppHealthView = Type.Object({
  health: Type.Enum([...appHealths, "unknown"] as const),
  /** What the last check found, unless it is healthy. */
  detail: Type.String(),
  /** Whether the workspace is usable only while the app is healthy. */
  isRequired: Type.Boolean(),
});
export type AppHealthView = Static<typeof AppHealthView>;

export const WorkspaceAgent = Type.Object({
  id: Uuid,
  name: Type.String(),
  state: Type.Enum(agentStates),
  detail: Type.String(),
  isConnected: Type.Boolean(),
  readyAt: OptionalInstant,
  /** Whether the agent runs for the workspace's present owner: it has acknowledged the newest claim. */
  isHandedOver: Type.Boolean(),
  claimError: Type.Union([Type.String(), Type.Null()]),
  /** Of each app that the template says how to check, by its name. Absent while there is none. */
  appHealth: Type.Optional(Type.Record(Type.String(), AppHealthView)),
});
export type WorkspaceAgent = Static<typeof WorkspaceAgent>;

export const BuildDetail = Type.Object({
  build: Build,
  /** What exists since; null when the driver told nothing. */
  resources: Type.Union([Type.Array(ProvisionedResource), Type.Null()]),
  /** Of a claim: what its plan said. */
  plan: Type.Union([PlanReport, Type.Null()]),
  /** The build's timeline. */
  phases: Type.Array(PhaseTiming),
});
export type BuildDetail = Static<typeof BuildDetail>;

export const Workspace = Type.Object({
  id: Uuid,
  organization: Type.String(),
  name: Type.String(),
  owner: Type.String(),
  template: Type.String(),
  preset: Type.Union([Type.String(), Type.Null()]),
  status: Type.Enum(workspaceStatuses),
  /**
   * Of one that is to run: what is not there, and since when. `agent`: it was connected and is not any more;
   * `resources`: what the workspace consists of was found to be gone from its host. Absent while nothing is lost.
   */
  lost: Type.Optional(
    Type.Object({ kind: Type.Union([Type.Literal("agent"), Type.Literal("resources")]), since: Instant }),
  ),
  /**
   * What is wrong inside of one whose build went well, in a whole sentence with the last line that was printed: a hook
   * that failed (`prewarm_failed`; `claim_failed`, with which it may be usable all the same), an agent that has not
   * connected within its time (`not_connected`), a prebuild that was not ready in time (`not_ready`). Absent while
   * nothing is.
   */
  trouble: Type.Optional(
    Type.Object({
      kind: Type.Union([
        Type.Literal("prewarm_failed"),
        Type.Literal("claim_failed"),
        Type.Literal("not_connected"),
        Type.Literal("not_ready"),
      ]),
      message: Type.String(),
    }),
  ),
  /**
   * Of one that was stopped or deleted last: why its stop hook failed, with its last line. It is stopped all the same, and
   * what the hook puts away may be lost. Absent when nothing is known to have failed.
   */
  stopError: Type.Optional(Type.String()),
  /** True while it is an unclaimed prebuild. */
  isPrebuild: Type.Boolean(),
  /** Whether a command could run in it now, as its owner, and the apps are healthy that its template requires. */
  isUsable: Type.Boolean(),
  parameters: Parameters,
  latestBuild: Build,
  agents: Type.Array(WorkspaceAgent),
  isOutdated: Type.Boolean(),
  createdAt: Instant,
  claimedAt: OptionalInstant,
  lastUsedAt: OptionalInstant,
  ttlMs: Type.Union([Type.Integer(), Type.Null()]),
  autostartSchedule: Type.Union([Type.String(), Type.Null()]),
  /** When it is stopped unless it is used; null while it does not run, or runs without a TTL. */
  deadlineAt: OptionalInstant,
  dormantAt: OptionalInstant,
  /** When it is deleted, if it is still dormant then. */
  deletingAt: OptionalInstant,
  /** Cost units that it takes of its owner's quota, running or not. */
  cost: Type.Integer(),
});
export type Workspace = Static<typeof Workspace>;

export const ClaimMode = Type.Union([Type.Literal("prefer_warm"), Type.Literal("warm_only"), Type.Literal("wait")]);

export const CreateWorkspace = Type.Object(
  {
    name: Name,
    template: Type.String({ maxLength: 64 }),
    preset: Type.Optional(Type.String({ maxLength: 64 })),
    parameters: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: parameterValueLengthMax }))),
    mode: Type.Optional(ClaimMode),
    /** Longest time to wait with `mode: wait`; 30 s unless said. */
    waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: claimWaitMsMax })),
    /** User name of the owner; the caller unless said. Only an administrator may name another. */
    owner: Type.Optional(Type.String({ maxLength: 128 })),
    automaticUpdates: Type.Optional(Type.Boolean()),
    /** The template's own TTL unless said; null: none. */
    ttlMs: Type.Optional(Ttl),
    autostartSchedule: Type.Optional(AutostartText),
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: idempotencyKeyLengthMax })),
  },
  closed,
);
export type CreateWorkspace = Static<typeof CreateWorkspace>;

export const CreatedWorkspace = Type.Object({
  workspace: Workspace,
  outcome: Type.Union([Type.Literal("claimed"), Type.Literal("cold")]),
  missReason: Type.Union([Type.Enum(missReasons), Type.Null()]),
  timings: Type.Object({
    /** The claim or creation in the database, commit included. */
    createMs: Type.Number(),
    /** How long the request waited for a prebuild (`mode: wait`). */
    waitedMs: Type.Number(),
    /** The request as the server saw it. */
    totalMs: Type.Number(),
  }),
});
export type CreatedWorkspace = Static<typeof CreatedWorkspace>;

/** `id`, `OWNER/NAME`, or `NAME` for one of your own (`/` travels as `%2F`). */
const workspaceParams = Type.Object({ workspace: Type.String({ maxLength: 128 }) });

export const OrphanedWorkspace = Type.Object({
  workspaceId: Uuid,
  name: Type.String(),
  leftBehind: Type.Object({
    driver: Type.String(),
    /** The provisioner on whose host it lies; null for a driver whose workspaces lie on none. */
    daemon: Type.Union([Type.String(), Type.Null()]),
    /** Addresses of what was known to exist. */
    resources: Type.Array(Type.String()),
    sentences: Type.Array(Type.String()),
  }),
});
export type OrphanedWorkspace = Static<typeof OrphanedWorkspace>;

export const RenamedWorkspace = Type.Object({
  workspace: Workspace,
  /** What it was called. */
  before: Type.String(),
  /** What becomes of it besides, in whole sentences. */
  sentences: Type.Array(Type.String()),
});
export type RenamedWorkspace = Static<typeof RenamedWorkspace>;

export const workspaceRoutes = {
  createWorkspace: {
    method: "POST",
    path: "/api/v1/workspaces",
    tag: "workspaces",
    summary: "Create a workspace: claims a ready prebuild when there is one, else builds it cold and says why.",
    credential: "user",
    access: "organization_member",
    status: 201,
    query: Type.Object(organizationQuery),
    body: CreateWorkspace,
    response: CreatedWorkspace,
  },
  previewWorkspace: {
    method: "POST",
    path: "/api/v1/workspaces/preview",
    tag: "workspaces",
    summary: "What a creation would do now: hand a prebuild over, build cold and why, or be refused. Makes nothing.",
    credential: "user",
    access: "organization_member",
    query: Type.Object(organizationQuery),
    body: CreateWorkspace,
    response: CreationPreview,
  },
  listWorkspaces: {
    method: "GET",
    path: "/api/v1/workspaces",
    tag: "workspaces",
    summary: "Workspaces that you may see: your own, or with `owner` somebody's (administrators).",
    credential: "user",
    access: "signed_in",
    query: Type.Object({
      ...workspaceFilter,
      ...pageQuery,
      sort: Type.Optional(Type.Enum(workspaceSorts)),
      order: Type.Optional(Type.Enum(["asc", "desc"])),
    }),
    response: Type.Object({ workspaces: Type.Array(Workspace), total: Type.Integer() }),
  },
  getWorkspace: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace",
    tag: "workspaces",
    summary: "A workspace by id, `OWNER/NAME`, or `NAME` for one of your own.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    query: Type.Object(organizationQuery),
    response: Workspace,
  },
  createBuild: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/builds",
    tag: "workspaces",
    summary: "Start, stop or delete a workspace.",
    credential: "user",
    access: "workspace_owner",
    status: 201,
    params: workspaceParams,
    body: Type.Object(
      {
        transition: TransitionSchema,
        /** Only with `start`: changes of mutable parameters. */
        parameters: Type.Optional(Parameters),
        /** Only with `start`: use the template's active version instead of the workspace's own. */
        update: Type.Optional(Type.Boolean()),
      },
      closed,
    ),
    response: Workspace,
  },
  renameWorkspace: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/rename",
    tag: "workspaces",
    summary: "Give a workspace another name. What its template makes of the name follows at its next build.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    body: Type.Object({ name: Name }, closed),
    response: RenamedWorkspace,
  },
  orphanWorkspace: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/orphan",
    tag: "workspaces",
    summary: "Delete a workspace without its provisioner, and say what is left behind.",
    credential: "user",
    access: "administrator",
    params: workspaceParams,
    response: OrphanedWorkspace,
  },
  listBuilds: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/builds",
    tag: "workspaces",
    summary: "Builds of a workspace, newest first.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    query: Type.Object(pageQuery),
    response: Type.Object({ builds: Type.Array(Build), total: Type.Integer() }),
  },
  getBuild: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/builds/:number",
    tag: "workspaces",
    summary: "One build with its resources, its plan and its timeline; number 0 stands for the latest.",
    credential: "user",
    access: "workspace_owner",
    params: Type.Object({ workspace: Type.String({ maxLength: 128 }), number: Type.Integer({ minimum: 0 }) }),
    response: BuildDetail,
  },
  watchWorkspace: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/events",
    tag: "workspaces",
    summary: "The workspace as it is, and again at each change, as server-sent events named `workspace`.",
    credential: "user",
    access: "workspace_owner",
    transport: "sse",
    params: workspaceParams,
    response: Workspace,
  },
  getAgentLogs: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/logs",
    tag: "workspaces",
    summary: `Log lines of the workspace's agents, oldest first, after a cursor: all, or those that have a text. ${logSearchBound}`,
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    query: Type.Object(logSearchQuery),
    response: LogPage,
  },
} as const satisfies Record<string, RouteDefinition>;
