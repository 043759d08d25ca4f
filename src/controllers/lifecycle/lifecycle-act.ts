import type { BuildId, JobId, WorkspaceId } from "../../contracts/ids.ts";
import { lifecycleUserId } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { lifecycleSubject, type SubjectRow } from "../../db/workspaces/lifecycle.ts";
import type { Db, Tx } from "../../db/store.ts";
import { noteDeletion, setDormant } from "../../db/workspaces/lifecycle-settings.ts";
import { notify } from "../../db/notifications/notify.ts";
import { lockWorkspace, startBuild } from "../../db/builds/start-build.ts";
import { dueAct, type LifecycleAct } from "../../domain/lifecycle/due-act.ts";
import type { Random } from "../../platform/random.ts";
import { lifecyclePolicy } from "../../platform/manifest-lifecycle.ts";
import { withAutomaticUpdate } from "./automatic-update.ts";

export interface ActDeps {
  readonly db: Db;
  readonly random: Random;
  readonly isQuotaEnabled: boolean;
}

/**
 * Does what is due on one workspace, in a transaction of its own: locked, read anew and decided again, as it may have
 * been used, started, stopped or deleted since it was looked for.
 * @returns the act, or null when nothing was to be done any more.
 */
export async function actOnWorkspace(deps: ActDeps, workspaceId: WorkspaceId, now: Date): Promise<LifecycleAct | null> {
  return await deps.db.transaction("lifecycle act", async (tx) => {
    await lockWorkspace(tx, workspaceId);
    const row = await lifecycleSubject(tx, workspaceId, now);
    if (row === undefined) return null;
    const policy = lifecyclePolicy(row.section, row.changes);
    const act = dueAct(subjectOf(row), policy, now.getTime());
    if (act === null) return null;
    if (act.kind === "dormant") await becomeDormant(tx, { row, act, now });
    const transition = act.kind === "dormant" ? (act.isStopped ? "stop" : null) : act.kind;
    if (transition !== null) {
      const started = await startBuild(tx, {
        workspaceId,
        transition,
        initiatorId: lifecycleUserId,
        reason: act.reason,
        isUse: false,
        buildId: deps.random.uuid() as BuildId,
        jobId: deps.random.uuid() as JobId,
        choose: async (current) =>
          transition === "start"
            ? await withAutomaticUpdate(tx, current, { workspaceId, isQuotaEnabled: deps.isQuotaEnabled })
            : current,
        now,
      });
      if (started.kind !== "started") throw new Error(`A locked workspace that was free is ${started.kind}.`);
    }
    await recordAudit(tx, {
      at: now,
      actorId: lifecycleUserId,
      organizationId: row.organization_id,
      action: `workspace.${act.kind}`,
      targetId: workspaceId,
      targetName: row.name,
      detail: { because: act.because, reason: act.reason },
    });
    return act;
  });
}

/** Tells the owner of a dormant workspace that it will be deleted, once. */
export async function noticeDeletion(deps: ActDeps, workspaceId: WorkspaceId, now: Date): Promise<boolean> {
  return await deps.db.transaction("lifecycle notice", async (tx) => {
    await lockWorkspace(tx, workspaceId);
    const row = await lifecycleSubject(tx, workspaceId, now);
    const deletingAt = row === undefined ? undefined : await noteDeletion(tx, workspaceId, now);
    if (row === undefined || deletingAt === undefined) return false;
    await notify(tx, {
      ownerId: row.owner_id,
      kind: "workspace_deletion_soon",
      organizationId: row.organization_id,
      detail: { workspaceId, workspace: row.name, template: row.template, deletingAt: deletingAt.toISOString() },
      now,
    });
    return true;
  });
}

async function becomeDormant(
  tx: Tx,
  {
    row,
    act,
    now,
  }: { readonly row: SubjectRow; readonly act: Extract<LifecycleAct, { kind: "dormant" }>; readonly now: Date },
): Promise<void> {
  const deletingAt = act.deletingAt === null ? null : new Date(act.deletingAt);
  await setDormant(tx, row.id, { at: now, deletingAt });
  await notify(tx, {
    ownerId: row.owner_id,
    kind: "workspace_dormant",
    organizationId: row.organization_id,
    detail: {
      workspaceId: row.id,
      workspace: row.name,
      template: row.template,
      reason: act.reason,
      deletingAt: deletingAt?.toISOString() ?? null,
    },
    now,
  });
}

function subjectOf(row: SubjectRow): Parameters<typeof dueAct>[0] {
  return {
    transition: row.transition,
    status: row.status,
    isBuildOurs: row.is_build_ours,
    isBooting: row.is_booting,
    buildCreatedAt: row.build_created_at.getTime(),
    buildEndedAt: row.build_ended_at?.getTime() ?? null,
    failures: row.failures,
    autostartSchedule: row.autostart_schedule,
    autostartFrom: row.autostart_from?.getTime() ?? null,
    deadlineAt: row.deadline_at?.getTime() ?? null,
    lastUsedAt: row.last_used_at.getTime(),
    dormantAt: row.dormant_at?.getTime() ?? null,
    deletingAt: row.deleting_at?.getTime() ?? null,
  };
}
