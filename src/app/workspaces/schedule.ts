import type { ScheduleWeek, WorkspaceSchedule } from "../../contracts/api/schedules.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { LifecyclePolicy } from "../../contracts/lifecycle.ts";
import { lifecycleMsMax } from "../../contracts/limits.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { lifecycleSubject, type SubjectRow } from "../../db/workspaces/lifecycle.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { Tx } from "../../db/store.ts";
import { setDeadline, setSchedule } from "../../db/workspaces/lifecycle-settings.ts";
import { lockWorkspace } from "../../db/builds/start-build.ts";
import { autostartWeek } from "../../domain/lifecycle/autostart-week.ts";
import { maxDeadline } from "../../domain/lifecycle/deadline.ts";
import { nextAutostart } from "../../domain/lifecycle/due-act.ts";
import { formatDurationMs } from "../../platform/config/duration.ts";
import { lifecyclePolicy } from "../../platform/manifest-lifecycle.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { instant } from "../page.ts";
import { requireAllowed } from "./creation-lifecycle.ts";
import { requireWorkspace } from "./workspaces.ts";

interface Which {
  readonly workspace: string;
}

/** Errors: `not_found`, `prebuild_immutable`. */
export async function getSchedule(context: AppContext, actor: Actor, input: Which): Promise<WorkspaceSchedule> {
  const workspace = await requirePersons(context, actor, input.workspace);
  const row = await lifecycleSubject(context.db, workspace.id, context.clock.now());
  if (row === undefined) throw gone(workspace);
  return scheduleView(row, context.clock.now());
}

export interface WeekWanted extends Which {
  readonly autostartSchedule?: string;
  readonly ttlMs?: number;
}

/** The coming week by what is saved, or by what somebody thinks of saving. Errors: `not_found`, `prebuild_immutable`. */
export async function getWeek(context: AppContext, actor: Actor, input: WeekWanted): Promise<ScheduleWeek> {
  const workspace = await requirePersons(context, actor, input.workspace);
  const now = context.clock.now().getTime();
  const row = await lifecycleSubject(context.db, workspace.id, context.clock.now());
  if (row === undefined) throw gone(workspace);
  const policy = lifecyclePolicy(row.section, row.changes);
  const ttlMs = input.ttlMs === undefined ? row.ttl_ms : input.ttlMs === 0 ? null : input.ttlMs;
  const fresh = ttlMs === null ? null : limited(now + ttlMs, row, policy);
  const deadline = ttlMs === row.ttl_ms ? row.deadline_at : fresh;
  const autostartSchedule =
    input.autostartSchedule === undefined ? row.autostart_schedule : input.autostartSchedule || null;
  const changed = { autostart: autostartSchedule !== row.autostart_schedule, ttl: ttlMs !== row.ttl_ms };
  const { timezone, days, runs, fault } = autostartWeek({
    autostartSchedule,
    ttlMs,
    policy,
    changed,
    current: isRunning(row) ? { endsAt: deadline?.getTime() ?? null } : null,
    isDormant: row.dormant_at !== null,
    now,
  });
  return {
    timezone,
    days: days.map((day) => ({ ...day, startsAt: iso(day.startsAt), endsAt: iso(day.endsAt) })),
    runs: runs.map(({ startsAt, endsAt }) => ({ startsAt: iso(startsAt), endsAt: textOf(endsAt) })),
    fault,
  };
}

export interface ScheduleChange extends Which {
  readonly ttlMs?: number | null;
  readonly autostartSchedule?: string | null;
}

/**
 * Changes TTL and autostart; a field that is left out stays. A running workspace's deadline begins anew.
 * Errors: `not_found`, `prebuild_immutable`, `lifecycle_refused`.
 */
export async function changeSchedule(
  context: AppContext,
  actor: Actor,
  input: ScheduleChange,
): Promise<WorkspaceSchedule> {
  return await change(context, actor, input.workspace, async (tx, { row, policy, now }) => {
    const { ttlMs = row.ttl_ms, autostartSchedule = row.autostart_schedule } = input;
    // Only what is changed is checked: a template that became stricter does not keep anybody from switching off.
    requireAllowed(
      {
        ...(ttlMs === row.ttl_ms ? {} : { ttlMs }),
        ...(autostartSchedule === row.autostart_schedule ? {} : { autostartSchedule }),
      },
      policy,
    );
    const fresh = ttlMs === null || !isRunning(row) ? null : limited(now.getTime() + ttlMs, row, policy);
    const deadlineAt = ttlMs === row.ttl_ms ? row.deadline_at : fresh;
    const hasChanged = await setSchedule(tx, row.id, { ttlMs, autostartSchedule, deadlineAt, now });
    return hasChanged ? { action: "workspace.schedule", detail: { ttlMs, autostartSchedule } } : null;
  });
}

/**
 * Moves the deadline of a running workspace.
 * Errors: `not_found`, `prebuild_immutable`, `conflict` when it has none, `lifecycle_refused` beyond the limit.
 */
export async function extendDeadline(
  context: AppContext,
  actor: Actor,
  input: Which & { readonly byMs: number },
): Promise<WorkspaceSchedule> {
  return await change(context, actor, input.workspace, async (tx, { row, policy, now }) => {
    if (row.transition !== "start" || row.deadline_at === null) {
      throw new CodedError("conflict", `The workspace "${row.name}" has no deadline to extend.`, {
        next:
          row.transition === "start"
            ? "It runs until somebody stops it; `prewarm schedule stop NAME 8h` gives it a TTL."
            : "Start it first.",
      });
    }
    const wanted = Math.max(row.deadline_at.getTime(), now.getTime()) + input.byMs;
    const limit = Math.min(maxDeadline(startOf(row), policy) ?? wanted, now.getTime() + lifecycleMsMax);
    if (wanted > limit) {
      const until = new Date(limit).toISOString();
      throw new CodedError("lifecycle_refused", `The workspace "${row.name}" may run until ${until} at most.`, {
        problems: [
          {
            field: "byMs",
            reason: `at most ${formatDurationMs(Math.max(0, limit - row.deadline_at.getTime()))} are left`,
          },
        ],
      });
    }
    const hasChanged = await setDeadline(tx, row.id, new Date(wanted));
    return hasChanged ? { action: "workspace.extend", detail: { deadlineAt: new Date(wanted).toISOString() } } : null;
  });
}

export interface Changing {
  readonly row: SubjectRow;
  readonly policy: LifecyclePolicy;
  readonly now: Date;
}

/**
 * Changes something of a person's workspace under its lock, audited if anything has changed (case 163).
 * Errors: `not_found`, `prebuild_immutable`.
 */
export async function change(
  context: AppContext,
  actor: Actor,
  which: string,
  work: (
    tx: Tx,
    changing: Changing,
  ) => Promise<{ readonly action: AuditAction; readonly detail: Readonly<Record<string, unknown>> } | null>,
): Promise<WorkspaceSchedule> {
  const workspace = await requirePersons(context, actor, which);
  const now = context.clock.now();
  const after = await context.db.transaction("change schedule", async (tx) => {
    await lockWorkspace(tx, workspace.id);
    const row = await lifecycleSubject(tx, workspace.id, now);
    if (row === undefined) throw gone(workspace);
    const done = await work(tx, { row, policy: lifecyclePolicy(row.section, row.changes), now });
    if (done !== null) {
      await recordAudit(tx, {
        at: now,
        actorId: actor.userId,
        organizationId: workspace.organization_id,
        action: done.action,
        targetId: workspace.id,
        targetName: workspace.name,
        detail: done.detail,
      });
    }
    return await lifecycleSubject(tx, workspace.id, now);
  });
  if (after === undefined) throw gone(workspace);
  return scheduleView(after, now);
}

/** A workspace that has an owner. Errors: `prebuild_immutable` for one that waits in its pool (case 157). */
async function requirePersons(context: AppContext, actor: Actor, which: string): Promise<WorkspaceView> {
  const workspace = await requireWorkspace(context, actor, which);
  if (!workspace.is_prebuild) return workspace;
  throw new CodedError(
    "prebuild_immutable",
    `"${workspace.name}" is an unclaimed prebuild: its pool alone manages it, and it has no TTL, autostart or dormancy.`,
  );
}

function gone(workspace: WorkspaceView): CodedError {
  return new CodedError("not_found", `The workspace "${workspace.name}" is deleted.`);
}

function isRunning({ transition, status }: SubjectRow): boolean {
  return transition === "start" && status !== "failed" && status !== "canceled";
}

/** When the run began: at its claim, or when its build had ended. */
function startOf(row: SubjectRow): number {
  const began = row.stage === "claim" ? row.build_created_at : (row.build_ended_at ?? row.build_created_at);
  return began.getTime();
}

function limited(deadline: number, row: SubjectRow, policy: LifecyclePolicy): Date {
  return new Date(Math.min(deadline, maxDeadline(startOf(row), policy) ?? deadline));
}

function scheduleView(row: SubjectRow, now: Date): WorkspaceSchedule {
  const policy = lifecyclePolicy(row.section, row.changes);
  const isRun = row.transition === "start";
  const next = row.dormant_at === null ? nextAutostart(row.autostart_schedule, policy, now.getTime()) : null;
  const latest = isRun ? maxDeadline(startOf(row), policy) : null;
  const { dormantAfterMs } = policy;
  const dormant =
    row.dormant_at !== null || dormantAfterMs === null ? null : row.last_used_at.getTime() + dormantAfterMs;
  return {
    workspaceId: row.id,
    autostartSchedule: row.autostart_schedule,
    nextAutostartAt: textOf(next),
    ttlMs: row.ttl_ms,
    deadlineAt: isRun ? instant(row.deadline_at) : null,
    maxDeadlineAt: textOf(latest),
    lastUsedAt: instant(row.last_used_at),
    becomesDormantAt: textOf(dormant),
    dormantAt: instant(row.dormant_at),
    deletingAt: instant(row.deleting_at),
    policy,
  };
}

function textOf(at: number | null): string | null {
  return at === null ? null : iso(at);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
