import type { WorkspaceSort } from "../../contracts/workspace-sorts.ts";
import type { WorkspaceCounts } from "../../contracts/api/workspaces-bulk.ts";
import type { Workspace } from "../../contracts/api/workspaces.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { workspacesCountedMax } from "../../contracts/limits.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type WorkspaceGroup, workspaceGroups } from "../../contracts/workspace-groups.ts";
import { preferencesOf } from "../../db/people/preferences.ts";
import { userByName } from "../../db/people/identity.ts";
import { countWorkspaces, listWorkspaces, type WorkspaceSelection } from "../../db/workspaces/workspace-list.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, forbidden, isAdministrator } from "../authorize.ts";
import { organizationOf } from "../organization.ts";
import { type PageQuery, pageOf } from "../page.ts";
import { troubleGiven } from "./workspace-trouble.ts";
import { workspaceView } from "./workspace-view.ts";

export interface WorkspaceFilter {
  readonly organization?: string;
  readonly owner?: string;
  readonly template?: string;
  readonly status?: Workspace["status"];
  readonly group?: WorkspaceGroup;
  readonly dormant?: boolean;
  readonly outdated?: boolean;
  readonly search?: string;
  readonly favourite?: true;
}

export interface ListQuery extends WorkspaceFilter, PageQuery {
  readonly sort?: WorkspaceSort;
  readonly order?: "asc" | "desc";
}

/** Errors: `forbidden` when a member asks for somebody else's. */
export async function whoseWorkspaces(
  context: AppContext,
  actor: Actor,
  query: Pick<ListQuery, "organization" | "owner">,
): Promise<{ readonly ownerId: UserId | null; readonly organizationId: OrganizationId | null }> {
  const organization =
    query.organization === undefined ? null : await organizationOf(context, actor, query.organization);
  const organizationId = organization?.id ?? null;
  const owner = query.owner ?? "me";
  if (owner === "me" || owner.toLowerCase() === actor.username.toLowerCase()) {
    return { ownerId: actor.userId, organizationId };
  }
  if (!isAdministrator(actor)) throw forbidden("list the workspaces of others", "administrators");
  const user = owner === "*" ? null : await userByName(context.db, owner);
  if (user === undefined) throw new CodedError("not_found", `There is no user "${owner}".`);
  return { ownerId: user?.id ?? null, organizationId };
}

/** What a filter means for the person who asks. Errors: those of `whoseWorkspaces`. */
export async function selectionOf(
  context: AppContext,
  actor: Actor,
  filter: WorkspaceFilter,
): Promise<WorkspaceSelection> {
  return {
    systemUserId: prebuildsUserId,
    ...(await whoseWorkspaces(context, actor, filter)),
    template: filter.template ?? null,
    status: filter.status ?? null,
    group: filter.group ?? null,
    isDormant: filter.dormant ?? null,
    isOutdated: filter.outdated ?? null,
    search: filter.search ?? null,
    ids: filter.favourite === true ? ((await preferencesOf(context.db, actor.userId))?.favourites ?? []) : null,
  };
}

const downwards: ReadonlySet<WorkspaceSort> = new Set(["created", "last_used"]);

/** Errors: those of `whoseWorkspaces`. */
export async function listVisibleWorkspaces(
  context: AppContext,
  actor: Actor,
  query: ListQuery,
): Promise<{ workspaces: Workspace[]; total: number }> {
  const selection = await selectionOf(context, actor, query);
  const { sort = "name", order = downwards.has(sort) ? "desc" : "asc" } = query;
  const rows = await listWorkspaces(context.db, selection, { sort, order, ...pageOf(query) });
  const given = troubleGiven(context);
  return { workspaces: rows.map((row) => workspaceView(row, given)), total: rows[0]?.total ?? 0 };
}

/** How many of them are in each group. Errors: those of `whoseWorkspaces`. */
export async function countVisibleWorkspaces(
  context: AppContext,
  actor: Actor,
  filter: WorkspaceFilter,
): Promise<WorkspaceCounts> {
  const rows = await countWorkspaces(context.db, await selectionOf(context, actor, filter), workspacesCountedMax + 1);
  const counts = new Map(rows.map(({ group, count }) => [group, count]));
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  return {
    groups: Object.fromEntries(workspaceGroups.map((group) => [group, counts.get(group) ?? 0])) as Record<
      WorkspaceGroup,
      number
    >,
    total,
    isComplete: total <= workspacesCountedMax,
  };
}
