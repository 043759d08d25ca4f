import { type Static, Type } from "typebox";
import { auditTargetKinds } from "../audit-actions.ts";
import { Instant, organizationQuery, pageQuery, Unknowns, Uuid } from "./common-schemas.ts";
import type { RouteDefinition } from "./route.ts";

const TargetKind = Type.Enum(auditTargetKinds);
/** An instant in UTC, as the log tells it. */
const InstantText = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$",
  maxLength: 24,
});

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  at: Instant,
  /** User name; null: the deployment itself. */
  actor: Type.Union([Type.String(), Type.Null()]),
  /** Null of what concerns the whole deployment. */
  organization: Type.Union([Type.String(), Type.Null()]),
  /** `thing.verb`; see `docs/audit.md`. */
  action: Type.String(),
  target: Type.Object({
    kind: TargetKind,
    id: Type.Union([Uuid, Type.Null()]),
    /** As it was called then: `OWNER/NAME` of a workspace, `TEMPLATE/PRESET` of one pool; empty for what has no name. */
    name: Type.String(),
  }),
  /** Why, when nobody asked for it ("stopped: idle for 1 h"), or as somebody put it. */
  reason: Type.Union([Type.String(), Type.Null()]),
  detail: Unknowns,
});
export type AuditEntry = Static<typeof AuditEntry>;

export const auditRoutes = {
  listAudit: {
    method: "GET",
    path: "/api/v1/audit",
    tag: "audit",
    summary:
      "What was done, by whom and why, the newest first: all of it for administrators; else what you did, what was done to your workspaces, and to the templates and pools that you administer.",
    credential: "user",
    access: "signed_in",
    query: Type.Object({
      ...organizationQuery,
      /** `workspace.stop`, or `workspace` for all that begin so. */
      action: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      /** User name; `system.lifecycle` for what is done by itself. */
      actor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      kind: Type.Optional(TargetKind),
      /** What the target was called. */
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      /** A workspace, also a deleted one: id, `OWNER/NAME`, or `NAME` for one of your own. */
      workspace: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      /** A template and its pools, also a deleted one: name or id. */
      template: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
      since: Type.Optional(InstantText),
      /** Not included. */
      until: Type.Optional(InstantText),
      /** `next` of the page before. */
      before: Type.Optional(Type.String({ pattern: "^\\d{1,15}-\\d{1,15}$", maxLength: 31 })),
      limit: pageQuery.limit,
    }),
    response: Type.Object({
      entries: Type.Array(AuditEntry),
      /** What to pass as `before` for older ones, also when this page is not full: it may have looked far back. Null: these were the last. */
      next: Type.Union([Type.String(), Type.Null()]),
    }),
  },
} as const satisfies Record<string, RouteDefinition>;
