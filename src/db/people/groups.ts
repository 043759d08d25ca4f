import type { GroupId, OrganizationId, UserId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface GroupRow {
  readonly id: GroupId;
  readonly name: string;
  readonly display_name: string;
  readonly allowance: number;
  readonly member_count: number;
  readonly created_at: Date;
}

/** Members as people see them: those of `everyone` are the organization's. System users are in none but `prebuilds`. */
const memberCount = `case
    when lower(g.name) = 'everyone' then (
      select count(*)
      from organization_members m
      join users u on u.id = m.user_id and u.deleted_at is null and not u.is_system
      where m.organization_id = g.organization_id)
    else (
      select count(*)
      from group_members m
      join users u on u.id = m.user_id and u.deleted_at is null
      where m.group_id = g.id)
  end::int as member_count`;
const groupColumns = `g.id, g.name, g.display_name, g.allowance, g.created_at, ${memberCount}`;

export interface ListGroupsInput {
  readonly organizationId: OrganizationId;
  readonly search: string | null;
  readonly sort: "name" | "allowance";
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly offset: number;
}

const listStatement: Statement<GroupRow & { readonly total: number }> = statement(
  "groups_list",
  `select ${groupColumns}, count(*) over ()::int as total
from groups g
where g.organization_id = $1
  and ($2::text is null or g.name ilike '%' || $2 || '%' or g.display_name ilike '%' || $2 || '%')
order by case when $3 = 'allowance' and $4 = 'asc' then g.allowance end,
  case when $3 = 'allowance' and $4 = 'desc' then g.allowance end desc,
  case when $3 = 'name' and $4 = 'desc' then lower(g.name) end desc,
  lower(g.name)
limit $5
offset $6`,
);

export async function listGroups(sql: Sql, input: ListGroupsInput): Promise<(GroupRow & { readonly total: number })[]> {
  const { organizationId, search, sort, order, limit, offset } = input;
  return await sql.query(listStatement, [organizationId, search, sort, order, limit, offset]);
}

const findStatement: Statement<GroupRow> = statement(
  "group_by_name",
  `select ${groupColumns}
from groups g
where g.organization_id = $1
  and (lower(g.name) = lower($2) or g.id::text = $2)`,
);

/** A group of the organization, by name or id. */
export async function findGroup(
  sql: Sql,
  organizationId: OrganizationId,
  nameOrId: string,
): Promise<GroupRow | undefined> {
  return (await sql.query(findStatement, [organizationId, nameOrId]))[0];
}

const insertStatement: Statement<object> = statement(
  "group_insert",
  `insert into groups (id, organization_id, name, display_name, allowance, created_at)
values ($1, $2, $3, $4, $5, $6)`,
);

/** Errors: the unique violation `groups_name`. */
export async function insertGroup(
  tx: Tx,
  group: {
    readonly id: GroupId;
    readonly organizationId: OrganizationId;
    readonly name: string;
    readonly displayName: string;
    readonly allowance: number;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(insertStatement, [
    group.id,
    group.organizationId,
    group.name,
    group.displayName,
    group.allowance,
    group.now,
  ]);
}

const updateStatement: Statement<object> = statement(
  "group_update",
  `update groups
set name = coalesce($2, name), display_name = coalesce($3, display_name), allowance = coalesce($4, allowance)
where id = $1`,
);

/** What is null stays. Errors: the unique violation `groups_name`. */
export async function updateGroup(
  tx: Tx,
  id: GroupId,
  changes: { readonly name: string | null; readonly displayName: string | null; readonly allowance: number | null },
): Promise<void> {
  await tx.query(updateStatement, [id, changes.name, changes.displayName, changes.allowance]);
}

const deleteStatement: Statement<object> = statement(
  "group_delete",
  `delete from groups
where id = $1`,
);

export async function deleteGroup(tx: Tx, id: GroupId): Promise<void> {
  await tx.query(deleteStatement, [id]);
}

export interface GroupMemberRow {
  readonly username: string;
  readonly name: string;
  readonly total: number;
}

const membersStatement: Statement<GroupMemberRow> = statement(
  "group_members_list",
  `select u.username, u.name, count(*) over ()::int as total
from groups g
join users u on u.deleted_at is null and case
  when lower(g.name) = 'everyone' then not u.is_system and exists (
    select 1
    from organization_members m
    where m.organization_id = g.organization_id
      and m.user_id = u.id)
  else exists (
    select 1
    from group_members m
    where m.group_id = g.id
      and m.user_id = u.id) end
where g.id = $1
  and ($4::uuid is null or u.id = $4)
order by lower(u.username)
limit $2
offset $3`,
);

/** @param page `only`: nobody but this person, if he is in it. */
export async function membersOfGroup(
  sql: Sql,
  id: GroupId,
  page: { readonly limit: number; readonly offset: number; readonly only: UserId | null },
): Promise<GroupMemberRow[]> {
  return await sql.query(membersStatement, [id, page.limit, page.offset, page.only]);
}

const addStatement: Statement<{ readonly username: string }> = statement(
  "group_members_add",
  `with found as (
  select u.id, u.username
  from users u
  join organization_members m on m.user_id = u.id and m.organization_id = $2
  where lower(u.username) = any($3::text[])
    and u.deleted_at is null
    and not u.is_system
), added as (
  insert into group_members (group_id, user_id, created_at)
  select $1, id, $4
  from found
  on conflict do nothing
)
select lower(username) as username
from found`,
);

/** Adds people of the organization. @returns the names, in lower case, that are members now. */
export async function addMembers(
  tx: Tx,
  group: { readonly id: GroupId; readonly organizationId: OrganizationId },
  usernames: readonly string[],
  now: Date,
): Promise<string[]> {
  const names = usernames.map((name) => name.toLowerCase());
  const rows = await tx.query(addStatement, [group.id, group.organizationId, names, now]);
  return rows.map((row) => row.username);
}

const removeStatement: Statement<{ readonly user_id: UserId }> = statement(
  "group_member_remove",
  `delete from group_members m
using users u
where m.group_id = $1
  and u.id = m.user_id
  and lower(u.username) = lower($2)
returning m.user_id`,
);

/** False when he was not in it. */
export async function removeMember(tx: Tx, id: GroupId, username: string): Promise<boolean> {
  return (await tx.query(removeStatement, [id, username])).length > 0;
}

const namesStatement: Statement<{ readonly name: string }> = statement(
  "group_names_of_owner",
  `select g.name
from workspaces w
join groups g on g.organization_id = w.organization_id
where w.id = $1
  and (lower(g.name) = 'everyone' or exists (
    select 1
    from group_members m
    where m.group_id = g.id
      and m.user_id = w.owner_id))
order by lower(g.name)
limit 1000`,
);

/** Names of the groups that a workspace's owner is in, `everyone` included. */
export async function groupNamesOfOwner(sql: Sql, workspaceId: WorkspaceId): Promise<string[]> {
  return (await sql.query(namesStatement, [workspaceId])).map((row) => row.name);
}
