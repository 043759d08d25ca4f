import { type Static, Type } from "typebox";
import { pastPrebuildsLookedMax } from "../limits.ts";
import { heldReasons, ledgerStates, poolConditions } from "../states.ts";
import { closed, Instant, OptionalInstant, organizationQuery, pageQuery, Unknowns, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";
import { PoolImage } from "./ides.ts";
import { poolTimeRoutes } from "./pool-time.ts";
import { SetPool } from "./set-pool.ts";
import { Rehearsal } from "./templates.ts";

const HeldReasonSchema = Type.Enum(heldReasons);

export const Held = Type.Object({
  reason: HeldReasonSchema,
  /** When creates may resume; null when that is not known. */
  until: OptionalInstant,
  count: Type.Integer(),
  detail: Type.String(),
});

const PoolConditionSchema = Type.Enum(poolConditions);
export const poolSorts = ["name", "attention", "misses"] as const;

/** A pool in numbers; the words are those of `docs/glossary.md`. */
export const Pool = Type.Object({
  presetId: Uuid,
  template: Type.String(),
  preset: Type.String(),
  version: Type.String(),
  isActive: Type.Boolean(),
  health: Type.Union([Type.Literal("healthy"), Type.Literal("hard_limited"), Type.Literal("validation_failed")]),
  desired: Type.Integer(),
  actual: Type.Integer(),
  eligible: Type.Integer(),
  expired: Type.Integer(),
  extraneous: Type.Integer(),
  starting: Type.Integer(),
  stopping: Type.Integer(),
  deleting: Type.Integer(),
  failed: Type.Integer(),
  parked: Type.Integer(),
  held: Type.Array(Held),
  /** The newest failure that still counts: its last line, and the one command that shows the rest. Absent without any. */
  lastFailure: Type.Optional(
    Type.Object({
      at: Instant,
      prebuild: Type.String(),
      error: Type.String(),
      command: Type.String(),
      /** The job whose log has the rest; absent where the build is gone. */
      jobId: Type.Optional(Uuid),
    }),
  ),
  /** How it is, in one word. */
  condition: Type.Optional(PoolConditionSchema),
  /** Claims and misses since the full hour 24 hours ago; in lists. */
  day: Type.Optional(
    Type.Object({
      claimed: Type.Integer(),
      missed: Type.Integer(),
      /** Claims of all that asked, 0 to 1; null when nobody asked. */
      hitRate: Type.Union([Type.Number(), Type.Null()]),
      /** The newest miss, to the minute; null when there was none. */
      lastMiss: Type.Union([Type.Object({ at: Instant, reason: Type.String() }), Type.Null()]),
    }),
  ),
});
export type Pool = Static<typeof Pool>;

export const Explanation = Type.Object({
  pool: Pool,
  /** Plain sentences, in order. */
  sentences: Type.Array(Type.String()),
  /** The decision as it would be taken now. */
  record: Unknowns,
  /** What a claim of its prebuilds does; null until the first one has been rehearsed. */
  rehearsal: Type.Union([Rehearsal, Type.Null()]),
  /** What its prebuilds have for people and their editors, by agent; empty until the first prebuild has told. */
  images: Type.Array(PoolImage),
  /** The latest decisions that the reconciler stored, newest first: one per change. */
  history: Type.Array(Type.Object({ at: Instant, record: Unknowns, sentences: Type.Array(Type.String()) })),
});

export const PrebuildRow = Type.Object({
  workspaceId: Uuid,
  name: Type.String(),
  template: Type.String(),
  preset: Type.String(),
  version: Type.String(),
  state: Type.Enum(ledgerStates),
  isExpired: Type.Boolean(),
  error: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  readyAt: OptionalInstant,
});
export type PrebuildRow = Static<typeof PrebuildRow>;

export const PrebuildStatus = Type.Object({
  /** Whether this server claims prebuilds and keeps pools. */
  isEnabled: Type.Boolean(),
  /** Whether the option `prebuilds.enabled` of this server keeps them off, whatever is stored. */
  isOffByOption: Type.Boolean(),
  /** Since when they are switched off in the deployment, and by whom; null while they are not. */
  disabledAt: OptionalInstant,
  disabledBy: Type.Union([Type.String(), Type.Null()]),
  isPaused: Type.Boolean(),
  pausedAt: OptionalInstant,
  pausedBy: Type.Union([Type.String(), Type.Null()]),
  pools: Type.Array(Pool),
  /** Pools that match. */
  total: Type.Integer(),
  /** Of all pools of the organization that you may see, whatever is asked for. */
  totals: Type.Optional(
    Type.Object({
      pools: Type.Integer(),
      desired: Type.Integer(),
      eligible: Type.Integer(),
      starting: Type.Integer(),
      conditions: Type.Object({
        limited: Type.Integer(),
        held: Type.Integer(),
        filling: Type.Integer(),
        healthy: Type.Integer(),
        off: Type.Integer(),
      }),
    }),
  ),
  /** The last cycle on this server; null before the first. */
  lastCycle: Type.Union([Unknowns, Type.Null()]),
});
export type PrebuildStatus = Static<typeof PrebuildStatus>;

const Switched = Type.Object({ isEnabled: Type.Boolean(), isOffByOption: Type.Boolean() });
const poolParams = Type.Object({ template: Type.String(), preset: Type.String() });

export const prebuildRoutes = {
  listPools: {
    method: "GET",
    path: "/api/v1/prebuilds",
    tag: "prebuilds",
    summary: "Every pool in numbers, and whether prebuilds are switched off or reconciliation is paused.",
    credential: "user",
    access: "organization_member",
    query: Type.Object({
      ...organizationQuery,
      ...pageQuery,
      template: Type.Optional(Type.String({ maxLength: 64 })),
      /** Part of the template's or the preset's name. */
      text: Type.Optional(Type.String({ maxLength: 64 })),
      condition: Type.Optional(PoolConditionSchema),
      /** By name unless said. */
      sort: Type.Optional(Type.Enum(poolSorts)),
    }),
    response: PrebuildStatus,
  },
  listPrebuilds: {
    method: "GET",
    path: "/api/v1/prebuilds/workspaces",
    tag: "prebuilds",
    summary: `The prebuilds themselves, failed and parked ones included, newest first. Of claimed and deleted ones, the newest ${pastPrebuildsLookedMax} of each preset are looked through.`,
    credential: "user",
    access: "organization_member",
    query: Type.Object({
      ...organizationQuery,
      ...pageQuery,
      template: Type.Optional(Type.String({ maxLength: 64 })),
      preset: Type.Optional(Type.String({ maxLength: 64 })),
      state: Type.Optional(Type.Enum(ledgerStates)),
    }),
    response: Type.Object({ prebuilds: Type.Array(PrebuildRow), total: Type.Integer() }),
  },
  explainPool: {
    method: "GET",
    path: "/api/v1/prebuilds/:template/:preset/explain",
    tag: "prebuilds",
    summary: "Why the pool is as it is: inputs, each rule's answer, what is held back and until when.",
    credential: "user",
    access: "organization_member",
    params: poolParams,
    query: Type.Object(organizationQuery),
    response: Explanation,
  },
  ...poolTimeRoutes,
  pausePrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/pause",
    tag: "prebuilds",
    summary: "Stop the reconciler from acting, in the whole deployment. Claims go on.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ isPaused: Type.Boolean() }),
  },
  resumePrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/resume",
    tag: "prebuilds",
    summary: "Let the reconciler act again.",
    credential: "user",
    access: "administrator",
    response: Type.Object({ isPaused: Type.Boolean() }),
  },
  disablePrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/disable",
    tag: "prebuilds",
    summary:
      "Switch prebuilds off, in the whole deployment: creations are ordinary ones, and the pools stay as they are.",
    credential: "user",
    access: "administrator",
    response: Switched,
  },
  enablePrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/enable",
    tag: "prebuilds",
    summary: "Switch prebuilds on again.",
    credential: "user",
    access: "administrator",
    response: Switched,
  },
  resumePool: {
    method: "POST",
    path: "/api/v1/prebuilds/:template/:preset/resume",
    tag: "prebuilds",
    summary: "Lift a pool's hard limit or validation failure: its earlier failures no longer count.",
    credential: "user",
    access: "template_admin",
    params: poolParams,
    query: Type.Object(organizationQuery),
    response: Pool,
  },
  setPool: {
    method: "PUT",
    path: "/api/v1/prebuilds/:template/:preset",
    tag: "prebuilds",
    summary:
      "Give a preset a pool beside the template, or another size, age and schedule: for the active version at once, and for each that is published later. A preset that the template does not have is made.",
    credential: "user",
    access: "template_admin",
    params: poolParams,
    query: Type.Object(organizationQuery),
    body: SetPool,
    response: Pool,
  },
  unsetPool: {
    method: "DELETE",
    path: "/api/v1/prebuilds/:template/:preset",
    tag: "prebuilds",
    summary: "Take back what was set beside the template: the pool is again as the template says, or ends.",
    credential: "user",
    access: "template_admin",
    params: poolParams,
    query: Type.Object(organizationQuery),
    /** `wasSet`: whether there was anything to take back. */
    response: Type.Object({ template: Type.String(), preset: Type.String(), wasSet: Type.Boolean() }),
  },
  invalidatePrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/invalidate",
    tag: "prebuilds",
    summary: "Mark the prebuilds that a pool, or all pools of a template, have now as expired: they are replaced.",
    credential: "user",
    access: "template_admin",
    query: Type.Object(organizationQuery),
    body: Type.Object(
      { template: Type.String({ maxLength: 64 }), preset: Type.Optional(Type.String({ maxLength: 64 })) },
      closed,
    ),
    response: Type.Object({ presets: Type.Integer(), prebuilds: Type.Integer() }),
  },
  cleanPrebuilds: {
    method: "POST",
    path: "/api/v1/prebuilds/clean",
    tag: "prebuilds",
    summary: "Delete the failed and parked prebuilds of a pool, of a template, or of the organization.",
    credential: "user",
    access: "template_admin",
    query: Type.Object(organizationQuery),
    body: Type.Object(
      {
        template: Type.Optional(Type.String({ maxLength: 64 })),
        preset: Type.Optional(Type.String({ maxLength: 64 })),
      },
      closed,
    ),
    response: Type.Object({ deleting: Type.Integer() }),
  },
} as const satisfies Record<string, RouteDefinition>;
