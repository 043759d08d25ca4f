import type { WorkspaceSchedule } from "../../contracts/api/schedules.ts";
import type { BuildId, JobId } from "../../contracts/ids.ts";
import { CodedError } from "../../contracts/errors.ts";
import { setDormant, wake } from "../../db/workspaces/lifecycle-settings.ts";
import { startBuild } from "../../db/builds/start-build.ts";
import { isJobFinished } from "../../contracts/states.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { change } from "./schedule.ts";

/**
 * Sets a workspace dormant, which stops it, or wakes it, which does not start it.
 * Errors: `not_found`, `prebuild_immutable`, `build_in_progress`.
 */
export async function changeDormancy(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly dormant: boolean },
): Promise<WorkspaceSchedule> {
  return await change(context, actor, input.workspace, async (tx, { row, policy, now }) => {
    if (!input.dormant) {
      return (await wake(tx, row.id, now)) ? { action: "workspace.wake", detail: {} } : null;
    }
    if (!isJobFinished(row.status)) {
      const what = `its ${row.transition} build is ${row.status}`;
      throw new CodedError("build_in_progress", `The workspace "${row.name}" is busy: ${what}.`);
    }
    const { deleteDormantAfterMs } = policy;
    const deletingAt = deleteDormantAfterMs === null ? null : new Date(now.getTime() + deleteDormantAfterMs);
    if (!(await setDormant(tx, row.id, { at: now, deletingAt }))) return null;
    if (row.transition === "start") {
      await startBuild(tx, {
        workspaceId: row.id,
        transition: "stop",
        initiatorId: actor.userId,
        reason: "stopped: set dormant",
        isUse: false,
        buildId: context.random.uuid() as BuildId,
        jobId: context.random.uuid() as JobId,
        choose: (current) => Promise.resolve(current),
        now,
      });
    }
    return { action: "workspace.dormant", detail: { deletingAt: deletingAt?.toISOString() ?? null } };
  });
}
