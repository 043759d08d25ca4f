import { type Static, Type } from "typebox";
import { bulkActions } from "../bulk-actions.ts";
import { bulkWorkspacesMax, lifecycleMsMax, lifecycleMsMin } from "../limits.ts";
import { workspaceGroups } from "../workspace-groups.ts";
import { closed, Uuid } from "./common-schemas.ts";
import { ErrorReport } from "./error-response.ts";
import type { RouteDefinition } from "./route.ts";
import { workspaceFilter } from "./workspace-filter.ts";

const { group: _group, status: _status, ...ungrouped } = workspaceFilter;

export const WorkspaceCounts = Type.Object({
  groups: Type.Record(Type.Enum(workspaceGroups), Type.Integer()),
  total: Type.Integer(),
  /** False: there are more than are counted, and the numbers are of the first of them. */
  isComplete: Type.Boolean(),
});
export type WorkspaceCounts = Static<typeof WorkspaceCounts>;

export const BulkRequest = Type.Object(
  {
    /** As paths have them: `id`, `OWNER/NAME`, or `NAME` for one of your own. Either these or `query`. */
    workspaces: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: bulkWorkspacesMax }),
    ),
    query: Type.Optional(Type.Object(workspaceFilter, closed)),
    action: Type.Enum(bulkActions),
    /** With `query`: how many it is about. When there are more or fewer meanwhile, nothing is done. */
    expectedCount: Type.Optional(Type.Integer({ minimum: 0, maximum: bulkWorkspacesMax })),
    /** With `extend`: milliseconds. */
    byMs: Type.Optional(Type.Integer({ minimum: lifecycleMsMin, maximum: lifecycleMsMax })),
  },
  closed,
);
export type BulkRequest = Static<typeof BulkRequest>;

export const BulkResult = Type.Object({
  /** Null: there is none of this name that the caller may know of. */
  id: Type.Union([Uuid, Type.Null()]),
  /** `OWNER/NAME`, or what was asked for. */
  name: Type.String(),
  /**
   * `skipped`: it is so already; `refused`: as its own route would have; `not_tried`: the time of the request was over
   * before its turn.
   */
  outcome: Type.Enum(["done", "skipped", "refused", "not_tried"]),
  /** Why it was skipped. */
  because: Type.Optional(Type.String()),
  /** Why it was refused. */
  error: Type.Optional(ErrorReport),
});
export type BulkResult = Static<typeof BulkResult>;

export const BulkAnswer = Type.Object({
  action: Type.Enum(bulkActions),
  done: Type.Integer(),
  skipped: Type.Integer(),
  refused: Type.Integer(),
  notTried: Type.Integer(),
  results: Type.Array(BulkResult),
});
export type BulkAnswer = Static<typeof BulkAnswer>;

export const workspaceBulkRoutes = {
  countWorkspaces: {
    method: "GET",
    path: "/api/v1/workspace-counts",
    tag: "workspaces",
    summary: "How many workspaces of a list are in each of the five groups.",
    credential: "user",
    access: "signed_in",
    query: Type.Object(ungrouped),
    response: WorkspaceCounts,
  },
  bulkWorkspaces: {
    method: "POST",
    path: "/api/v1/workspaces/bulk",
    tag: "workspaces",
    summary:
      "Start, stop, update, extend or delete many workspaces, each by the rules of its own route; answers for each what became of it.",
    credential: "user",
    access: "signed_in",
    body: BulkRequest,
    response: BulkAnswer,
  },
} as const satisfies Record<string, RouteDefinition>;
