import type { OrphanedWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { BuildId, JobId } from "../../contracts/ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { type ChosenBuild, startBuild } from "../../db/builds/start-build.ts";
import { cancelPending, endDeleteUnseen } from "../../db/builds/unbegun.ts";
import { type LeftBehindRow, leftBehind } from "../../db/resources/left-behind.ts";
import type { Tx } from "../../db/store.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, requireAdministrator } from "../authorize.ts";
import { requireWorkspace } from "./workspaces.ts";

const resourcesNamedMax = 100;

/**
 * Deletes a workspace without its provisioner, whatever exists of it: for what no provisioner will ever reach again.
 * Errors: `forbidden`, `not_found`, `build_in_progress` while a provisioner is at it.
 */
export async function orphanWorkspace(context: AppContext, actor: Actor, which: string): Promise<OrphanedWorkspace> {
  requireAdministrator(actor, "delete a workspace without its provisioner");
  const workspace = await requireWorkspace(context, actor, which);
  const now = context.clock.now();
  return await context.db.transaction("orphan workspace", async (tx) => {
    const found = await leftBehind(tx, workspace.id);
    await cancelPending(tx, workspace.id, { now, areDeletesToo: true });
    await deleteUnseen(context, tx, { actor, workspace, now });
    const view = leftBehindView(found);
    await recordAudit(tx, {
      at: now,
      actorId: actor.userId,
      organizationId: workspace.organization_id,
      action: "workspace.orphan",
      targetId: workspace.id,
      targetName: workspace.name,
      detail: { reason: view.sentences.join(" "), ...view },
    });
    return { workspaceId: workspace.id, name: workspace.name, leftBehind: view };
  });
}

async function deleteUnseen(
  context: AppContext,
  tx: Tx,
  { actor, workspace, now }: { readonly actor: Actor; readonly workspace: WorkspaceView; readonly now: Date },
): Promise<void> {
  const jobId = context.random.uuid() as JobId;
  const started = await startBuild(tx, {
    workspaceId: workspace.id,
    transition: "delete",
    initiatorId: actor.userId,
    reason: "deleted without its provisioner",
    buildId: context.random.uuid() as BuildId,
    jobId,
    choose: (current): Promise<ChosenBuild> => Promise.resolve(current),
    now,
  });
  if (started.kind === "gone") throw new CodedError("not_found", `The workspace "${workspace.name}" is deleted.`);
  if (started.kind !== "started") {
    const what =
      started.kind === "busy" ? `its ${started.transition} build is ${started.status}` : "it cannot be deleted now";
    throw new CodedError("build_in_progress", `A provisioner is at the workspace "${workspace.name}": ${what}.`, {
      next: "Cancel the job, or wait: one whose provisioner has stopped answering ends as abandoned by itself.",
    });
  }
  await endDeleteUnseen(tx, jobId, now);
}

function leftBehindView(row: LeftBehindRow | undefined): OrphanedWorkspace["leftBehind"] {
  if (row === undefined || !row.has_state) {
    return { driver: row?.driver ?? "", daemon: null, resources: [], sentences: ["Nothing is known to exist of it."] };
  }
  const { driver, daemon, resources } = row;
  const addresses = (resources ?? []).map(({ address }) => address);
  const named = addresses.slice(0, resourcesNamedMax);
  const more = addresses.length - named.length;
  return {
    driver,
    daemon,
    resources: named,
    sentences: [
      daemon === null
        ? `Whatever the driver ${driver} has made for it is left behind, and is to be removed by hand.`
        : `Its files and processes are left behind on the host of the provisioner "${daemon}", which removes them when it comes back.`,
      ...(named.length === 0 ? [] : [`Known were: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`]),
    ],
  };
}
