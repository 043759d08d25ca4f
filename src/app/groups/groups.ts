import type { Group, GroupMember } from "../../contracts/api/groups.ts";
import type { AuditAction } from "../../contracts/audit-actions.ts";
import { CodedError } from "../../contracts/errors.ts";
import type { GroupId } from "../../contracts/ids.ts";
import { everyoneGroupName, prebuildsGroupName } from "../../contracts/system-ids.ts";
import { recordAudit } from "../../db/audit/audit.ts";
import {
  addMembers,
  deleteGroup,
  findGroup,
  type GroupRow,
  insertGroup,
  listGroups,
  membersOfGroup,
  removeMember,
  updateGroup,
} from "../../db/people/groups.ts";
import { violatedUnique } from "../../db/pg-errors.ts";
import type { Tx } from "../../db/store.ts";
import type { AppContext } from "../app-context.ts";
import { type Actor, isTemplateAdmin, requireAdministrator } from "../authorize.ts";
import { type Organization, organizationOf } from "../organization.ts";
import { instant, type PageQuery, pageOf } from "../page.ts";

interface InOrganization {
  readonly organization?: string;
}

interface NamedGroup extends InOrganization {
  readonly group: string;
}

export async function listOrganizationGroups(
  context: AppContext,
  actor: Actor,
  query: InOrganization &
    PageQuery & { readonly search?: string; readonly sort?: "name" | "allowance"; readonly order?: "asc" | "desc" },
): Promise<{ groups: Group[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const rows = await listGroups(context.db, {
    organizationId: organization.id,
    search: query.search ?? null,
    sort: query.sort ?? "name",
    order: query.order ?? "asc",
    ...pageOf(query),
  });
  return { groups: rows.map(groupView), total: rows[0]?.total ?? 0 };
}

/** Errors: `not_found`. */
export async function getGroup(
  context: AppContext,
  actor: Actor,
  query: NamedGroup & PageQuery,
): Promise<{ group: Group; members: GroupMember[]; total: number }> {
  const organization = await organizationOf(context, actor, query.organization);
  const group = await requireGroup(context, organization, query.group);
  // Who else is in it is not a member's to know.
  const only = isTemplateAdmin(actor, organization.id) ? null : actor.userId;
  const rows = await membersOfGroup(context.db, group.id, { ...pageOf(query), only });
  const members = rows.map(({ username, name }) => ({ username, name }));
  return { group: groupView(group), members, total: rows[0]?.total ?? 0 };
}

/** Errors: `forbidden`, `name_taken`, `conflict` for a name that is reserved. */
export async function createGroup(
  context: AppContext,
  actor: Actor,
  input: InOrganization & { readonly name: string; readonly displayName?: string; readonly allowance?: number },
): Promise<Group> {
  requireAdministrator(actor, "create groups");
  const organization = await organizationOf(context, actor, input.organization);
  refuseReserved(input.name);
  const id = context.random.uuid() as GroupId;
  const { displayName = "", allowance = 0 } = input;
  const change = { actor, organization, id, action: "group.create", detail: { displayName, allowance } } as const;
  await changing(context, change, input.name, (tx) =>
    insertGroup(tx, {
      id,
      organizationId: organization.id,
      name: input.name,
      displayName,
      allowance,
      now: context.clock.now(),
    }),
  );
  return groupView(await requireGroup(context, organization, id));
}

/** Errors: `forbidden`, `not_found`, `name_taken`, `conflict` when the group keeps its name. */
export async function editGroup(
  context: AppContext,
  actor: Actor,
  input: NamedGroup & { readonly name?: string; readonly displayName?: string; readonly allowance?: number },
): Promise<Group> {
  requireAdministrator(actor, "edit groups");
  const organization = await organizationOf(context, actor, input.organization);
  const group = await requireGroup(context, organization, input.group);
  const { name = null, displayName = null, allowance = null } = input;
  if (name !== null && name !== group.name) {
    if (kindOf(group.name) !== "ordinary") throw managed(group.name, "renamed");
    refuseReserved(name);
  }
  const detail = { before: { name: group.name, allowance: group.allowance }, displayName, allowance };
  const change = { actor, organization, id: group.id, action: "group.edit", detail } as const;
  await changing(context, change, name ?? group.name, (tx) =>
    updateGroup(tx, group.id, { name, displayName, allowance }),
  );
  return groupView(await requireGroup(context, organization, group.id));
}

/** Errors: `forbidden`, `not_found`, `conflict` for the groups that every organization keeps. */
export async function removeGroup(context: AppContext, actor: Actor, input: NamedGroup): Promise<void> {
  requireAdministrator(actor, "delete groups");
  const organization = await organizationOf(context, actor, input.organization);
  const group = await requireGroup(context, organization, input.group);
  if (kindOf(group.name) !== "ordinary") throw managed(group.name, "deleted");
  const detail = { allowance: group.allowance };
  const change = { actor, organization, id: group.id, action: "group.delete", detail } as const;
  await changing(context, change, group.name, (tx) => deleteGroup(tx, group.id));
}

/** Errors: `forbidden`, `not_found`, also when a name belongs to no member of the organization: then nobody is added; `conflict`. */
export async function addGroupMembers(
  context: AppContext,
  actor: Actor,
  input: NamedGroup & { readonly usernames: readonly string[] },
): Promise<Group> {
  requireAdministrator(actor, "add people to groups");
  const { organization, group } = await requireOpenGroup(context, actor, input);
  const { usernames } = input;
  const change = {
    actor,
    organization,
    id: group.id,
    action: "group.add_members",
    detail: { usernames },
  } as const;
  await changing(context, change, group.name, async (tx) => {
    const owner = { id: group.id, organizationId: organization.id };
    const added = new Set(await addMembers(tx, owner, usernames, context.clock.now()));
    const unknown = usernames.filter((username) => !added.has(username.toLowerCase()));
    if (unknown.length === 0) return;
    throw new CodedError(
      "not_found",
      `Nobody in the organization ${organization.name} is named ${unknown.join(", ")}.`,
      {
        next: "`prewarm users list` shows who is in which organization. Nobody has been added.",
      },
    );
  });
  return groupView(await requireGroup(context, organization, group.id));
}

/** Errors: `forbidden`, `not_found`, `conflict`. */
export async function removeGroupMember(
  context: AppContext,
  actor: Actor,
  input: NamedGroup & { readonly username: string },
): Promise<Group> {
  requireAdministrator(actor, "take people out of groups");
  const { organization, group } = await requireOpenGroup(context, actor, input);
  const { username } = input;
  const change = {
    actor,
    organization,
    id: group.id,
    action: "group.remove_member",
    detail: { username },
  } as const;
  await changing(context, change, group.name, async (tx) => {
    if (await removeMember(tx, group.id, username)) return;
    throw new CodedError("not_found", `"${username}" is not in the group ${group.name}.`, {
      next: `\`prewarm groups show ${group.name}\` lists who is.`,
    });
  });
  return groupView(await requireGroup(context, organization, group.id));
}

async function requireGroup(context: AppContext, organization: Organization, nameOrId: string): Promise<GroupRow> {
  const row = await findGroup(context.db, organization.id, nameOrId);
  if (row !== undefined) return row;
  throw new CodedError("not_found", `The organization ${organization.name} has no group "${nameOrId}".`, {
    next: "`prewarm groups list` shows what there is.",
  });
}

/** A group to which people may be added, and its organization. */
async function requireOpenGroup(
  context: AppContext,
  actor: Actor,
  input: NamedGroup,
): Promise<{ readonly organization: Organization; readonly group: GroupRow }> {
  const organization = await organizationOf(context, actor, input.organization);
  const group = await requireGroup(context, organization, input.group);
  if (kindOf(group.name) !== "ordinary") throw managed(group.name, "given other members");
  return { organization, group };
}

interface GroupChange {
  readonly actor: Actor;
  readonly organization: Organization;
  readonly id: GroupId;
  readonly action: AuditAction;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** One audited change; pools that were held may go on after it. */
async function changing(
  context: AppContext,
  change: GroupChange,
  name: string,
  write: (tx: Tx) => Promise<void>,
): Promise<void> {
  try {
    await context.db.transaction(change.action, async (tx) => {
      await write(tx);
      await recordAudit(tx, {
        at: context.clock.now(),
        actorId: change.actor.userId,
        organizationId: change.organization.id,
        action: change.action,
        targetId: change.id,
        targetName: name,
        detail: change.detail,
      });
      tx.emit("pools");
    });
  } catch (error) {
    if (violatedUnique(error) !== "groups_name") throw error;
    throw new CodedError("name_taken", `The organization ${change.organization.name} has a group "${name}" already.`, {
      cause: error,
    });
  }
}

function kindOf(name: string): Group["kind"] {
  const lower = name.toLowerCase();
  return lower === everyoneGroupName || lower === prebuildsGroupName ? lower : "ordinary";
}

function refuseReserved(name: string): void {
  if (kindOf(name) === "ordinary") return;
  throw new CodedError("conflict", `"${name}" is the name of a group that Prewarm manages.`, {
    next: "Choose another name.",
  });
}

function managed(name: string, done: string): CodedError {
  return new CodedError("conflict", `The group "${name}" is managed by Prewarm: it cannot be ${done}.`, {
    next: `Its allowance can be changed: \`prewarm groups edit ${name} --allowance N\`.`,
  });
}

function groupView(row: GroupRow): Group {
  return {
    id: row.id,
    name: row.name,
    displayName: row.display_name,
    kind: kindOf(row.name),
    allowance: row.allowance,
    memberCount: row.member_count,
    createdAt: instant(row.created_at),
  };
}
