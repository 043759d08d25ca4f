import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import { renameWorkspace } from "../../db/workspaces/rename.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { getWorkspace, requireWorkspace } from "./workspaces.ts";

/**
 * Gives a workspace another name. What runs keeps the one that it was started with until the next start.
 * Errors: `not_found`, `forbidden`, `prebuild_immutable`, `conflict` for one that is being deleted, `name_taken`.
 */
export async function rename(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly name: string },
): Promise<Workspace> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  if (workspace.is_prebuild) {
    throw new CodedError("prebuild_immutable", `"${workspace.name}" is an unclaimed prebuild: its pool has named it.`);
  }
  try {
    await context.db.transaction("rename workspace", async (tx) => {
      const renamed = await renameWorkspace(tx, workspace.id, input.name);
      if (renamed === undefined) throw new CodedError("not_found", `The workspace "${workspace.name}" is deleted.`);
      const { before, is_deleting: isDeleting } = renamed;
      if (isDeleting) throw new CodedError("conflict", `The workspace "${before}" is being deleted.`);
      if (before === input.name) return;
      await recordAudit(tx, {
        at: context.clock.now(),
        actorId: actor.userId,
        organizationId: workspace.organization_id,
        action: "workspace.rename",
        targetId: workspace.id,
        targetName: before,
        detail: { name: input.name },
      });
    });
  } catch (error) {
    if (violatedUnique(error) !== "workspaces_owner_name") throw error;
    throw new CodedError("name_taken", `${workspace.owner} already has a workspace named "${input.name}".`, {
      cause: error,
    });
  }
  return await getWorkspace(context, actor, workspace.id);
}
