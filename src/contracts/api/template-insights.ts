import { type Static, Type } from "typebox";
import { workspaceGroups } from "../workspace-groups.ts";
import { Instant, organizationQuery } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

/** A day in UTC, such as 2030-01-31. */
const DayText = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$", maxLength: 10 });

/** From the request until the workspace's agents were there for its owner; null without a creation of which it is known. */
const UsableTimes = Type.Union([
  Type.Object({ p50Ms: Type.Integer(), p90Ms: Type.Integer(), p99Ms: Type.Integer(), samples: Type.Integer() }),
  Type.Null(),
]);
export type UsableTimes = Static<typeof UsableTimes>;

const creations = {
  /** Served by a claim. */
  warm: Type.Integer(),
  cold: Type.Integer(),
  refused: Type.Integer(),
};

export const TemplateInsights = Type.Object({
  /** The first and the last day, in UTC. */
  from: Type.String(),
  to: Type.String(),
  /** Since when each is known: the beginning of `from`, or later where what is stored is shorter. */
  since: Type.Object({
    /** Of `creations`, `misses`, `hitRate` and `days`. */
    creations: Instant,
    /** Of `usable`, `failures` and `people.creating`. */
    details: Instant,
  }),
  creations: Type.Object(creations),
  /** Of all creations the part that was served by a claim, 0 to 1; null without any. */
  hitRate: Type.Union([Type.Number(), Type.Null()]),
  /** The most frequent first. */
  misses: Type.Array(
    Type.Object({
      /** Null where no preset matched. */
      preset: Type.Union([Type.String(), Type.Null()]),
      reason: Type.String(),
      count: Type.Integer(),
    }),
  ),
  usable: Type.Object({ warm: UsableTimes, cold: UsableTimes }),
  /** Creations whose first build, or whose claim, failed. */
  failures: Type.Integer(),
  people: Type.Object({
    /** Who asked for a workspace in that time. */
    creating: Type.Integer(),
    /** Who has one now. */
    owning: Type.Integer(),
  }),
  /** People's workspaces now. */
  workspaces: Type.Record(Type.Enum(workspaceGroups), Type.Integer()),
  /** What people's workspaces have chosen now. Parameters whose names say that they are secret are left out. */
  parameters: Type.Array(
    Type.Object({
      name: Type.String(),
      /** The ten most frequent, long ones cut. */
      values: Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() })),
      /** Workspaces with any other value. */
      others: Type.Integer(),
    }),
  ),
  /** Each day of the range. */
  days: Type.Array(Type.Object({ day: Type.String(), ...creations })),
});
export type TemplateInsights = Static<typeof TemplateInsights>;

export const templateInsightsRoutes = {
  templateInsights: {
    method: "GET",
    path: "/api/v1/templates/:template/insights",
    tag: "templates",
    summary:
      "How a template is used: creations by the day, hits and misses with their reasons, times to usable, failures, people, workspaces and parameters.",
    credential: "user",
    access: "template_admin",
    params: Type.Object({ template: Type.String({ maxLength: 64 }) }),
    query: Type.Object({
      ...organizationQuery,
      /** The first day, in UTC; 29 days before `to` unless said. At most 90 days are told. */
      from: Type.Optional(DayText),
      /** The last day; today unless said. */
      to: Type.Optional(DayText),
    }),
    response: TemplateInsights,
  },
} as const satisfies Record<string, RouteDefinition>;
