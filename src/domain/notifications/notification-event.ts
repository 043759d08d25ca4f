import type { NotificationKind } from "../../contracts/notification-kinds.ts";
import type { PlanReport } from "../../contracts/provisioner-protocol.ts";

type Replacements = PlanReport["replacements"];

/** What is told of each kind of change. It is stored as JSON, so it holds nothing but that. */
interface Details {
  readonly claim_replaced_resources: {
    readonly template: string;
    readonly workspace: string;
    readonly replacements: Replacements;
  };
  readonly rehearsal_found_replacement: {
    readonly template: string;
    readonly preset: string;
    readonly version: string;
    readonly replacements: Replacements;
  };
  readonly pool_hard_limited: {
    readonly template: string;
    readonly preset: string;
    readonly presetId: string;
    readonly failures: number;
    readonly probeAt: string;
    /** The last line of the newest failure, and the command that shows the rest; absent when it is not known any more. */
    readonly error?: string;
    readonly command?: string;
  };
  readonly pool_recovered: {
    readonly template: string;
    readonly preset: string;
    readonly presetId: string;
    readonly because: "built" | "resumed";
  };
  readonly template_import_failed: {
    readonly template: string;
    readonly version: string;
    readonly error: string;
    readonly jobId: string;
  };
  readonly workspace_dormant: {
    readonly workspaceId: string;
    readonly workspace: string;
    readonly template: string;
    readonly reason: string;
    readonly deletingAt: string | null;
  };
  readonly workspace_deletion_soon: {
    readonly workspaceId: string;
    readonly workspace: string;
    readonly template: string;
    readonly deletingAt: string;
  };
  readonly build_failed: {
    readonly workspaceId: string;
    readonly workspace: string;
    readonly template: string;
    readonly transition: string;
    readonly number: number;
    readonly jobId: string;
    readonly code: string;
    readonly error: string;
  };
  readonly daemon_lost: { readonly daemon: string; readonly seenAt: string; readonly running: number };
  readonly daemon_back: { readonly daemon: string; readonly lostAt: string };
  readonly reconciliation_paused: { readonly pausedAt: string; readonly by: string | null };
}

type EventOf<Kind extends NotificationKind> = { readonly kind: Kind; readonly detail: Details[Kind] };

/** A change that people are told of. */
export type NotificationEvent = { readonly [Kind in NotificationKind]: EventOf<Kind> }[NotificationKind];
