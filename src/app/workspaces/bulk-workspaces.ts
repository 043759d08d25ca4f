import type { BulkAction } from "../../contracts/bulk-actions.ts";
import type { BulkAnswer, BulkRequest, BulkResult } from "../../contracts/api/workspaces-bulk.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import { bulkAtOnceMax, bulkMsMax, bulkWorkspacesMax } from "../../contracts/limits.ts";
import { canDo } from "../../contracts/workspace-actions.ts";
import { workspaceIds } from "../../db/workspaces/workspace-list.ts";
import { mapBounded } from "../../platform/bounded.ts";
import type { Actor } from "../authorize.ts";
import type { AppContext } from "../app-context.ts";
import type { FormsContext } from "../forms/evaluate-form.ts";
import { selectionOf } from "./list-workspaces.ts";
import { extendDeadline } from "./schedule.ts";
import type { VersionDefinitions } from "./version-definitions.ts";
import { createBuild, getWorkspace } from "./workspaces.ts";

type BulkContext = FormsContext & { readonly versions: VersionDefinitions };

/**
 * Does something with many workspaces: with each what its own route does, by the same rule, in a transaction of its own
 * and with its own line in the audit log. What is so already is passed over. One that is refused keeps no other.
 * Errors, before anything is done: `invalid_request`, `conflict` when not as many match as were expected, `forbidden`.
 */
export async function bulkWorkspaces(
  context: BulkContext,
  actor: Actor,
  request: BulkRequest,
  gone: AbortSignal,
): Promise<BulkAnswer> {
  const { action, byMs } = request;
  if ((action === "extend") !== (byMs !== undefined)) {
    throw new CodedError("invalid_request", "An extension says by how much (`byMs`), and nothing else does.");
  }
  const names = await namesOf(context, actor, request);
  const endMs = context.monotonicMs() + bulkMsMax;
  const outcomes = await mapBounded(names, bulkAtOnceMax, async (name): Promise<BulkResult> => {
    if (gone.aborted || context.monotonicMs() > endMs) return { id: null, name, outcome: "not_tried" };
    return await actOn(context, actor, { name, action, byMs });
  });
  const results = outcomes.map((outcome, at) =>
    outcome.kind === "value" ? outcome.value : failed(context, { name: names[at] ?? "", action, error: outcome.error }),
  );
  const count = (wanted: BulkResult["outcome"]): number => results.filter(({ outcome }) => outcome === wanted).length;
  return {
    action,
    done: count("done"),
    skipped: count("skipped"),
    refused: count("refused"),
    notTried: count("not_tried"),
    results,
  };
}

async function namesOf(context: AppContext, actor: Actor, request: BulkRequest): Promise<readonly string[]> {
  const { workspaces, query, expectedCount } = request;
  if ((workspaces === undefined) === (query === undefined)) {
    throw new CodedError("invalid_request", "Name either the workspaces or a query that finds them.");
  }
  if (query === undefined) return [...new Set(workspaces)];
  if (expectedCount === undefined) {
    throw new CodedError("invalid_request", "A query says how many workspaces it is about (`expectedCount`).");
  }
  const found = await workspaceIds(context.db, await selectionOf(context, actor, query), bulkWorkspacesMax + 1);
  if (found.length > bulkWorkspacesMax) {
    throw new CodedError("invalid_request", `More than ${bulkWorkspacesMax} workspaces match.`, {
      next: `Narrow the query down: at most ${bulkWorkspacesMax} are changed at once.`,
    });
  }
  if (found.length === expectedCount) return found;
  throw new CodedError("conflict", `${found.length} workspaces match by now, and not ${expectedCount}.`, {
    next: "Nothing was done. Look at the list again, and repeat it for those that there are.",
    details: { count: found.length },
  });
}

interface Act {
  readonly name: string;
  readonly action: BulkAction;
  readonly byMs: number | undefined;
}

async function actOn(context: BulkContext, actor: Actor, { name: asked, action, byMs }: Act): Promise<BulkResult> {
  let workspace: Workspace | undefined;
  const told = () => ({
    id: workspace?.id ?? null,
    name: workspace === undefined ? asked : `${workspace.owner}/${workspace.name}`,
  });
  try {
    workspace = await getWorkspace(context, actor, asked);
    const permission = canDo(action, workspace, viewerOf(actor));
    if (!permission.isAllowed && permission.code === "needless") {
      return { ...told(), outcome: "skipped", because: permission.because };
    }
    if (byMs !== undefined) await extendDeadline(context, actor, { workspace: workspace.id, byMs });
    else await createBuild(context, actor, { workspace: workspace.id, ...buildOf(action) });
    return { ...told(), outcome: "done" };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, next } = error;
    return { ...told(), outcome: "refused", error: { code, message, next } };
  }
}

function buildOf(action: BulkAction) {
  if (action === "update") return { transition: "start", update: true } as const;
  return { transition: action === "stop" || action === "delete" ? action : "start" } as const;
}

const viewerOf = ({ username, role, organizations }: Actor) => ({ username, role, organizations });

/** A fault of ours at one of them is told as such, and logged once. */
function failed(
  { logger }: AppContext,
  { name, action, error }: { readonly name: string; readonly action: BulkAction; readonly error: unknown },
): BulkResult {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logger.error("an act upon many workspaces failed at one", { workspace: name, action, cause });
  const { code, message, next } = new CodedError("internal", "The server failed at this workspace.");
  return { id: null, name, outcome: "refused", error: { code, message, next } };
}
