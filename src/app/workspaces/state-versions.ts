import type { StateVersion } from "../../contracts/api/states.ts";
import { CodedError } from "../../contracts/errors.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import { stateVersion, type StateVersionRow, stateVersions } from "../../db/resources/state-versions.ts";
import type { WorkspaceView } from "../../db/workspaces/workspace-views.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden, isAdministrator, isTemplateAdmin } from "../authorize.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";
import { shownState } from "./shown-state.ts";
import { findWorkspace, requireWorkspace } from "./workspaces.ts";

/**
 * The versions of what is known to exist of a workspace. Of an unclaimed prebuild for template admins, who answer for what
 * templates make; of a person's workspace for administrators alone. Errors: `not_found`, `forbidden`.
 */
export async function listStateVersions(
  context: AppContext,
  actor: Actor,
  query: PageQuery & { readonly workspace: string },
): Promise<{ versions: StateVersion[]; total: number }> {
  const workspace = await workspaceOfState(context, actor, query.workspace);
  const { rows, total } = await stateVersions(context.db, { workspaceId: workspace.id, ...pageOf(query) });
  return { versions: rows.map(viewOf), total };
}

/** One version, without what opens anything (`shownState`); the look is audited. Errors: `not_found`, `forbidden`, `state_key_mismatch`. */
export async function readStateVersion(
  context: AppContext,
  actor: Actor,
  input: { readonly workspace: string; readonly version: number },
): Promise<StateVersion & { state: unknown }> {
  const workspace = await workspaceOfState(context, actor, input.workspace);
  const row = await stateVersion(context.db, { workspaceId: workspace.id, version: input.version });
  if (row === undefined) {
    const which = input.version === 0 ? "no state" : `no state with the version ${input.version}`;
    throw new CodedError("not_found", `The workspace "${workspace.name}" has ${which}.`, {
      next: "`prewarm state list WORKSPACE` shows those that are kept. Older ones are gone, and all of a deleted workspace.",
    });
  }
  const state = await context.stateVault.open(workspace.id, { sealed: row.sealed, keyId: row.key_id });
  // Before it is told: a look that could not be written down is none.
  await context.db.transaction("audit state", async (tx) =>
    recordAudit(tx, {
      at: context.clock.now(),
      actorId: actor.userId,
      organizationId: workspace.organization_id,
      action: "state.read",
      targetId: workspace.id,
      targetName: workspace.name,
      detail: { jobId: row.job_id, attempt: row.attempt, serial: Number(row.serial) },
    }),
  );
  return { ...viewOf(row), state: shownState(state) };
}

async function workspaceOfState(context: AppContext, actor: Actor, which: string): Promise<WorkspaceView> {
  const found = await findWorkspace(context, actor, which);
  if (found !== undefined && mayReadState(actor, found)) return found;
  // Whoever may not even see it learns no more than that.
  const own = await requireWorkspace(context, actor, which);
  if (mayReadState(actor, own)) return own;
  const doing = own.is_prebuild ? "read states of prebuilds" : "read the state of a person's workspace";
  throw forbidden(doing, own.is_prebuild ? "template admins of the organization" : "administrators");
}

function mayReadState(actor: Actor, workspace: WorkspaceView): boolean {
  return isAdministrator(actor) || (workspace.is_prebuild && isTemplateAdmin(actor, workspace.organization_id));
}

function viewOf(row: StateVersionRow): StateVersion {
  return {
    version: Number(row.version),
    jobId: row.job_id,
    attempt: row.attempt,
    serial: Number(row.serial),
    storedAt: instant(row.stored_at),
    bytes: row.bytes,
  };
}
