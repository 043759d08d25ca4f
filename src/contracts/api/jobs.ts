import { type Static, Type } from "typebox";
import { closed, Instant, OptionalInstant, organizationQuery, pageQuery, Uuid } from "./common-schemas.ts";
import { endedJobsLookedMax } from "../limits.ts";
import { jobLanes, waitingKinds } from "../job-queue.ts";
import { LogEntry, LogPage, logQuery, logSearchBound, logSearchQuery } from "./logs.ts";
import type { RouteDefinition } from "./route.ts";
import { JobStatusSchema, TransitionSchema } from "./workspaces.ts";

export const JobKindSchema = Type.Union([
  Type.Literal("build"),
  Type.Literal("template_import"),
  Type.Literal("rehearsal"),
]);

export const Job = Type.Object({
  id: Uuid,
  kind: JobKindSchema,
  status: JobStatusSchema,
  /** Place in the queue, 1 for the next; null unless pending. */
  queuePosition: Type.Union([Type.Integer(), Type.Null()]),
  /** People's jobs come before the pools' deletes (`removals`), those before the pools' builds (`prebuilds`). */
  lane: Type.Enum(jobLanes),
  /** Place in its lane, 1 for the next; null unless pending. */
  place: Type.Union([Type.Integer(), Type.Null()]),
  /** What a pending job waits for, in words that follow "waits for"; null unless pending. */
  waitingFor: Type.Union([Type.Object({ kind: Type.Enum(waitingKinds), text: Type.String() }), Type.Null()]),
  /** How many times it was given to a daemon. */
  attempt: Type.Integer(),
  initiator: Type.String(),
  isPrebuild: Type.Boolean(),
  template: Type.Union([Type.String(), Type.Null()]),
  workspace: Type.Union([Type.String(), Type.Null()]),
  workspaceId: Type.Union([Uuid, Type.Null()]),
  /** Whose workspace it is; of an unclaimed prebuild `prebuilds`. */
  owner: Type.Union([Type.String(), Type.Null()]),
  /** Of the workspace; with the template it names a pool. */
  preset: Type.Union([Type.String(), Type.Null()]),
  transition: Type.Union([TransitionSchema, Type.Null()]),
  stage: Type.Union([Type.String(), Type.Null()]),
  tags: Type.Record(Type.String(), Type.String()),
  daemon: Type.Union([Type.String(), Type.Null()]),
  errorCode: Type.Union([Type.String(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  /** Set while no daemon that answers can take it: what is missing. */
  blockedBecause: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  startedAt: OptionalInstant,
  completedAt: OptionalInstant,
});
export type Job = Static<typeof Job>;

const jobParams = Type.Object({ jobId: Uuid });

export const jobFilter = {
  status: Type.Optional(JobStatusSchema),
  /** A user name, or `prebuilds` for the pools' own. */
  initiator: Type.Optional(Type.String({ maxLength: 128 })),
  template: Type.Optional(Type.String({ maxLength: 64 })),
  /** `key=value`. */
  tag: Type.Optional(Type.String({ maxLength: 128 })),
};

export const jobRoutes = {
  listJobs: {
    method: "GET",
    path: "/api/v1/jobs",
    tag: "jobs",
    summary: `Provisioner jobs that you may see: pending ones in queue order, then the newest first. Of those that have ended, the newest ${endedJobsLookedMax} are looked through.`,
    credential: "user",
    access: "organization_member",
    query: Type.Object({ ...organizationQuery, ...pageQuery, ...jobFilter, lane: Type.Optional(Type.Enum(jobLanes)) }),
    response: Type.Object({ jobs: Type.Array(Job), total: Type.Integer() }),
  },
  getJob: {
    method: "GET",
    path: "/api/v1/jobs/:jobId",
    tag: "jobs",
    summary: "One job.",
    credential: "user",
    access: "job_initiator",
    params: jobParams,
    response: Job,
  },
  cancelJob: {
    method: "POST",
    path: "/api/v1/jobs/:jobId/cancel",
    tag: "jobs",
    summary: "Cancel a job: a pending one ends at once, a running one is asked to stop.",
    credential: "user",
    access: "job_initiator",
    params: jobParams,
    response: Job,
  },
  cancelJobs: {
    method: "POST",
    path: "/api/v1/jobs/cancel",
    tag: "jobs",
    summary:
      "Cancel every pending prebuild job that matches the filters of the list. Never touches a claim or a person's job.",
    credential: "user",
    access: "template_admin",
    query: Type.Object(organizationQuery),
    body: Type.Object(jobFilter, closed),
    response: Type.Object({ canceled: Type.Integer() }),
  },
  getJobLogs: {
    method: "GET",
    path: "/api/v1/jobs/:jobId/logs",
    tag: "jobs",
    summary: `Log lines of a job, oldest first, after a cursor: all, or those that have a text. ${logSearchBound}`,
    credential: "user",
    access: "job_initiator",
    params: jobParams,
    query: Type.Object(logSearchQuery),
    response: LogPage,
  },
  watchJob: {
    method: "GET",
    path: "/api/v1/jobs/:jobId/events",
    tag: "jobs",
    summary: "A job's log while it is written and its end, as server-sent events named `log` and `job`.",
    credential: "user",
    access: "job_initiator",
    transport: "sse",
    params: jobParams,
    query: Type.Object({ after: logQuery.after }),
    response: Type.Union([LogEntry, Job]),
  },
} as const satisfies Record<string, RouteDefinition>;
