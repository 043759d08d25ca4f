import { type Static, Type } from "typebox";
import { LifecyclePolicy, LifecyclePolicyChanges } from "../lifecycle.ts";
import { autostartLengthMax, lifecycleMsMax, lifecycleMsMin } from "../limits.ts";
import { closed, Instant, OptionalInstant, organizationQuery, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** Milliseconds that a workspace runs before it is stopped; null: until somebody stops it. */
export const Ttl = Type.Union([Type.Integer({ minimum: lifecycleMsMin, maximum: lifecycleMsMax }), Type.Null()]);
/** `MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK [TIME ZONE]`; null: started by hand alone. */
export const AutostartText = Type.Union([Type.String({ minLength: 1, maxLength: autostartLengthMax }), Type.Null()]);

export const WorkspaceSchedule = Type.Object({
  workspaceId: Uuid,
  autostartSchedule: AutostartText,
  nextAutostartAt: OptionalInstant,
  ttlMs: Type.Union([Type.Integer(), Type.Null()]),
  /** When it is stopped unless it is used; null while it does not run, or runs without a TTL. */
  deadlineAt: OptionalInstant,
  /** The latest instant to which use or `extend` may move the deadline of this run; null: no limit. */
  maxDeadlineAt: OptionalInstant,
  lastUsedAt: OptionalInstant,
  /** When it becomes dormant unless it is used before; null: never, or it is. */
  becomesDormantAt: OptionalInstant,
  dormantAt: OptionalInstant,
  deletingAt: OptionalInstant,
  policy: LifecyclePolicy,
});
export type WorkspaceSchedule = Static<typeof WorkspaceSchedule>;

export const ScheduleWeek = Type.Object({
  /** Of the autostart; UTC where there is none. */
  timezone: Type.String(),
  /** Today and six more days, on the calendar of the zone. */
  days: Type.Array(
    Type.Object({ date: Type.String(), startsAt: Instant, endsAt: Instant, isClockChange: Type.Boolean() }),
  ),
  /** When it runs unless somebody does otherwise, that which goes on first; without an end: until somebody stops it. */
  runs: Type.Array(Type.Object({ startsAt: Instant, endsAt: OptionalInstant })),
  /** Why it cannot be so, in words. */
  fault: Type.Union([Type.String(), Type.Null()]),
});
export type ScheduleWeek = Static<typeof ScheduleWeek>;

export const TemplateLifecycle = Type.Object({
  template: Type.String(),
  /** What holds: the manifest of the active version, and over it the changes. */
  policy: LifecyclePolicy,
  /** What an administrator of the template changed beside its manifest. */
  changes: LifecyclePolicyChanges,
});
export type TemplateLifecycle = Static<typeof TemplateLifecycle>;

const workspaceParams = Type.Object({ workspace: Type.String({ maxLength: 128 }) });
const templateParams = Type.Object({ template: Type.String({ maxLength: 64 }) });

export const scheduleRoutes = {
  getWorkspaceSchedule: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/schedule",
    tag: "schedules",
    summary: "When a workspace is started, stopped, set dormant and deleted by itself.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    response: WorkspaceSchedule,
  },
  getWorkspaceWeek: {
    method: "GET",
    path: "/api/v1/workspaces/:workspace/schedule/week",
    tag: "schedules",
    summary:
      "When a workspace runs by itself today and in the six days after it: by its schedule, or by another one that is not saved.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    query: Type.Object({
      /** Instead of that which is saved; empty: none. */
      autostartSchedule: Type.Optional(Type.String({ maxLength: autostartLengthMax })),
      /** Milliseconds, instead of that which is saved; 0: none. */
      ttlMs: Type.Optional(Type.Integer({ minimum: 0, maximum: lifecycleMsMax })),
    }),
    response: ScheduleWeek,
  },
  setWorkspaceSchedule: {
    method: "PUT",
    path: "/api/v1/workspaces/:workspace/schedule",
    tag: "schedules",
    summary: "Change TTL and autostart; what is left out stays.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    body: Type.Object({ ttlMs: Type.Optional(Ttl), autostartSchedule: Type.Optional(AutostartText) }, closed),
    response: WorkspaceSchedule,
  },
  extendWorkspace: {
    method: "POST",
    path: "/api/v1/workspaces/:workspace/extend",
    tag: "schedules",
    summary: "Move the deadline of a running workspace, within what its template allows.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    body: Type.Object({ byMs: Type.Integer({ minimum: lifecycleMsMin, maximum: lifecycleMsMax }) }, closed),
    response: WorkspaceSchedule,
  },
  setWorkspaceDormancy: {
    method: "PUT",
    path: "/api/v1/workspaces/:workspace/dormancy",
    tag: "schedules",
    summary: "Set a workspace dormant, which stops it, or wake it, which does not start it.",
    credential: "user",
    access: "workspace_owner",
    params: workspaceParams,
    body: Type.Object({ dormant: Type.Boolean() }, closed),
    response: WorkspaceSchedule,
  },
  getTemplateLifecycle: {
    method: "GET",
    path: "/api/v1/templates/:template/lifecycle",
    tag: "schedules",
    summary: "What a template says about the lifecycle of its workspaces.",
    credential: "user",
    access: "organization_member",
    params: templateParams,
    query: Type.Object(organizationQuery),
    response: TemplateLifecycle,
  },
  setTemplateLifecycle: {
    method: "PUT",
    path: "/api/v1/templates/:template/lifecycle",
    tag: "schedules",
    summary: "Change it beside the manifest, field by field; with `reset`, the manifest holds again first.",
    credential: "user",
    access: "template_admin",
    params: templateParams,
    query: Type.Object(organizationQuery),
    body: Type.Object({ changes: LifecyclePolicyChanges, reset: Type.Optional(Type.Boolean()) }, closed),
    response: TemplateLifecycle,
  },
} as const satisfies Record<string, RouteDefinition>;
