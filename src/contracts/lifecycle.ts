import { type Static, Type } from "typebox";
import { lifecycleMsMax, lifecycleMsMin } from "./limits.ts";

/** Days of the week on which autostart may be allowed; the place of a day is its number, 0 = Sunday. */
export const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** What counts as use of a workspace: what people do, or also that they are connected and do nothing. */
export const activities = ["use", "connected"] as const;

const OptionalLength = Type.Union([Type.Integer({ minimum: lifecycleMsMin, maximum: lifecycleMsMax }), Type.Null()]);

/** What a template says about the lifecycle of its workspaces. Lengths of time in milliseconds; null: never, or no limit. */
export const LifecyclePolicy = Type.Object(
  {
    /** TTL of a workspace whose creation names none. */
    defaultTtlMs: OptionalLength,
    /** Longest TTL; activity does not extend a run beyond it either. */
    maxTtlMs: OptionalLength,
    /** How far from now the deadline is moved while the workspace is used; null: not at all. */
    activityBumpMs: OptionalLength,
    activity: Type.Enum(activities),
    isAutostartAllowed: Type.Boolean(),
    /** Days on which autostart starts anything. */
    autostartDays: Type.Array(Type.Enum(weekdays), { minItems: 1, maxItems: 7, uniqueItems: true }),
    /** Age at which what a failed start has left is stopped. */
    failureTtlMs: OptionalLength,
    /** How long a workspace may be unused before it is stopped and dormant. */
    dormantAfterMs: OptionalLength,
    /** How long a dormant workspace is kept. */
    deleteDormantAfterMs: OptionalLength,
  },
  { additionalProperties: false },
);
export type LifecyclePolicy = Static<typeof LifecyclePolicy>;

/** What holds where neither the manifest nor a template admin says anything. */
export const lifecyclePolicyDefault: LifecyclePolicy = {
  defaultTtlMs: null,
  maxTtlMs: null,
  activityBumpMs: 3_600_000,
  activity: "use",
  isAutostartAllowed: true,
  autostartDays: [...weekdays],
  failureTtlMs: null,
  dormantAfterMs: null,
  deleteDormantAfterMs: null,
};

/** The policy's fields that a template admin may change, one by one. */
export const LifecyclePolicyChanges = Type.Partial(LifecyclePolicy, { additionalProperties: false });
export type LifecyclePolicyChanges = Static<typeof LifecyclePolicyChanges>;

const DurationText = Type.String({ minLength: 1, maxLength: 32 });

/** The section `lifecycle` of `template.yaml`. Durations are text such as `8h`, `1h30m`, `14d`; `0`: never, or no limit. */
export const LifecycleSection = Type.Object(
  {
    default_ttl: Type.Optional(DurationText),
    max_ttl: Type.Optional(DurationText),
    activity_bump: Type.Optional(DurationText),
    activity: Type.Optional(Type.Enum(activities)),
    autostart: Type.Optional(
      Type.Object(
        {
          allowed: Type.Optional(Type.Boolean()),
          days: Type.Optional(Type.Array(Type.Enum(weekdays), { minItems: 1, maxItems: 7 })),
        },
        { additionalProperties: false },
      ),
    ),
    failure_ttl: Type.Optional(DurationText),
    dormant_after: Type.Optional(DurationText),
    delete_dormant_after: Type.Optional(DurationText),
  },
  { additionalProperties: false },
);
export type LifecycleSection = Static<typeof LifecycleSection>;
