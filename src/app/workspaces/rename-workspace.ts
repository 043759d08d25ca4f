import type { RenamedWorkspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import { renameWorkspace } from "../../db/workspaces/rename.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import type { Actor } from "../authorize.ts";
import { getWorkspace, requireWorkspace } from "./workspaces.ts";

interface Renamed {
  readonly before: string;
  readonly isHarmless: boolean;
}

/**
 * Gives a workspace another name. What runs goes on; what its template makes of the name follows at the next build.
 * Errors: `not_found`, `prebuild_immutable`, `conflict` for one that is being deleted, `name_taken`.
 */
export async function rename(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly name: string },
): Promise<RenamedWorkspace> {
  const workspace = await requireWorkspace(context, actor, input.workspace);
  const { before, isHarmless } = await renamed(context, actor, { workspace, name: input.name });
  return {
    workspace: await getWorkspace(context, actor, workspace.id),
    before,
    sentences: before === input.name || isHarmless ? [] : [atNextStart],
  };
}

const atNextStart =
  "Its template is told the new name when it is next stopped or started: what that names after the workspace is changed " +
  "then, or made anew if it cannot be changed. A rename back before that leaves all as it is.";

async function renamed(
  context: AppContext,
  actor: Actor,
  { workspace, name }: { readonly workspace: WorkspaceView; readonly name: string },
): Promise<Renamed> {
  try {
    return await context.db.transaction("rename workspace", async (tx) => {
      const result = await renameWorkspace(tx, workspace.id, name);
      if (result.kind !== "renamed" && result.kind !== "same") throw refusal(workspace, result.kind);
      if (result.kind === "same") return result;
      await recordAudit(tx, {
        at: context.clock.now(),
        actorId: actor.userId,
        organizationId: workspace.organization_id,
        action: "workspace.rename",
        targetId: workspace.id,
        targetName: result.before,
        detail: { name },
      });
      return result;
    });
  } catch (error) {
    if (violatedUnique(error) !== "workspaces_owner_name") throw error;
    throw new CodedError("name_taken", `${workspace.owner} already has a workspace named "${name}".`, {
      cause: error,
    });
  }
}

function refusal({ name }: WorkspaceView, kind: "gone" | "unclaimed" | "in_deletion"): CodedError {
  switch (kind) {
    case "gone":
      return new CodedError("not_found", `The workspace "${name}" is deleted.`);
    case "unclaimed":
      return new CodedError("prebuild_immutable", `"${name}" is an unclaimed prebuild: its pool has named it.`, {
        next: "Create a workspace with the name that you want: it may claim this one.",
      });
    case "in_deletion":
      return new CodedError("conflict", `The workspace "${name}" is being deleted.`, {
        next: "Its name is free again as soon as it is gone.",
      });
  }
}
