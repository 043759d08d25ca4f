import { type Static, Type } from "typebox";
import { Instant, organizationQuery, pageQuery, Unknowns } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

const poolParams = Type.Object({ template: Type.String(), preset: Type.String() });

/** An instant in UTC, to the second or the millisecond. */
const InstantText = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$",
  maxLength: 24,
});

/** Minutes that one point of a history can stand for. */
export const historyStepMinutes = [1, 5, 15, 30, 60, 180, 360, 720, 1_440] as const;
const OptionalInteger = Type.Union([Type.Integer(), Type.Null()]);

export const HistoryPoint = Type.Object({
  /** The beginning of the step. */
  at: Instant,
  /** Minutes of the step of which is known how the pool was; 0: nobody looked, or there was no such pool. */
  recordedMinutes: Type.Integer(),
  /** As at the last look within the step, of all versions together; null when nobody looked. */
  desired: OptionalInteger,
  ready: OptionalInteger,
  /** The fewest that were ready at a look within the step. */
  readyFewest: OptionalInteger,
  starting: OptionalInteger,
  failed: OptionalInteger,
  held: OptionalInteger,
  /** Within the step; null when nobody looked and nothing was counted. */
  claimed: OptionalInteger,
  /** By the reason of the miss. */
  missed: Type.Union([Type.Record(Type.String(), Type.Integer()), Type.Null()]),
});
export type HistoryPoint = Static<typeof HistoryPoint>;

export const historyMarkerKinds = ["version", "invalidation", "switch", "schedule", "resume", "deprecation"] as const;

export const HistoryMarker = Type.Object({
  at: Instant,
  kind: Type.Enum(historyMarkerKinds),
  text: Type.String(),
  /** By whom; null when it happened by itself, and for members. */
  by: Type.Union([Type.String(), Type.Null()]),
});
export type HistoryMarker = Static<typeof HistoryMarker>;

export const PoolHistory = Type.Object({
  from: Instant,
  to: Instant,
  stepMinutes: Type.Integer(),
  /** One a step, ascending, those without a record included. */
  points: Type.Array(HistoryPoint),
  /** Ascending: the newest 200 acts on the template and on all pools each, and the schedules in the decisions that are kept. */
  markers: Type.Array(HistoryMarker),
});
export type PoolHistory = Static<typeof PoolHistory>;

export const PoolDecision = Type.Object({
  at: Instant,
  version: Type.String(),
  /** In what it differs from the one before, in words. */
  changes: Type.Array(Type.Object({ input: Type.String(), text: Type.String() })),
  /** All of it; empty for members, as it may have the last words of failed builds. */
  record: Unknowns,
});
export type PoolDecision = Static<typeof PoolDecision>;

export const PoolSchedule = Type.Object({
  timezone: Type.String(),
  /** Monday to Sunday in that zone. */
  days: Type.Array(
    Type.Object({
      date: Type.String(),
      startsAt: Instant,
      endsAt: Instant,
      /** Whether the clocks change on it, so that it has not 24 hours. */
      isClockChange: Type.Boolean(),
    }),
  ),
  /** So many are wanted from `at` until the next one's, or the end of the week. The first begins with the week. */
  stretches: Type.Array(Type.Object({ at: Instant, instances: Type.Integer(), because: Type.String() })),
  /** Why the schedules are not used; null while they are, or there are none. */
  fault: Type.Union([Type.String(), Type.Null()]),
  now: Type.Object({ instances: Type.Integer(), because: Type.String() }),
  /** The next change from now on, within 32 days; null when there is none. */
  next: Type.Union([
    Type.Object({ at: Instant, instances: Type.Integer(), because: Type.String(), text: Type.String() }),
    Type.Null(),
  ]),
});
export type PoolSchedule = Static<typeof PoolSchedule>;

export const poolTimeRoutes = {
  poolHistory: {
    method: "GET",
    path: "/api/v1/prebuilds/:template/:preset/history",
    tag: "prebuilds",
    summary:
      "What a pool was like, and how many claims it served and missed: by the minute for 7 days, by the quarter of an hour for 90. A time in which no server looked is told as such.",
    credential: "user",
    access: "organization_member",
    params: poolParams,
    query: Type.Object({
      ...organizationQuery,
      /** A day before `to` unless said. */
      from: Type.Optional(InstantText),
      /** Now unless said. */
      to: Type.Optional(InstantText),
      /** Minutes of a point; unless said, so that there are at most 300. */
      step: Type.Optional(Type.Enum(historyStepMinutes)),
    }),
    response: PoolHistory,
  },
  poolDecisions: {
    method: "GET",
    path: "/api/v1/prebuilds/:template/:preset/decisions",
    tag: "prebuilds",
    summary: "The stored decisions about a pool, the newest first, each with what differed from the one before.",
    credential: "user",
    access: "organization_member",
    params: poolParams,
    query: Type.Object({ ...organizationQuery, ...pageQuery }),
    response: Type.Object({ decisions: Type.Array(PoolDecision), hasMore: Type.Boolean() }),
  },
  poolSchedule: {
    method: "GET",
    path: "/api/v1/prebuilds/:template/:preset/schedule",
    tag: "prebuilds",
    summary: "How many prebuilds a pool wants within a week, in its own time zone, and when that changes next.",
    credential: "user",
    access: "organization_member",
    params: poolParams,
    query: Type.Object({
      ...organizationQuery,
      /** A day of the week, such as 2030-01-31; the pool's today unless said. */
      week: Type.Optional(Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", maxLength: 10 })),
    }),
    response: PoolSchedule,
  },
} as const satisfies Record<string, RouteDefinition>;
