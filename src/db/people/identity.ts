import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

export interface Membership {
  readonly id: OrganizationId;
  readonly name: string;
  readonly role: "template_admin" | "member";
}

export interface UserRow {
  readonly id: UserId;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: "administrator" | "member";
  readonly is_system: boolean;
  readonly created_at: Date;
  readonly suspended_at: Date | null;
  readonly suspended_because: string | null;
  readonly organizations: readonly Membership[];
}

const organizationsOf = `coalesce((
    select jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'role', m.role) order by o.name)
    from organization_members m
    join organizations o on o.id = m.organization_id
    where m.user_id = u.id), '[]') as organizations`;
/** Of `u`, the table of users. */
export const userColumns = `u.id, u.username, u.name, u.email, u.role, u.is_system, u.created_at, u.suspended_at,
  u.suspended_because, ${organizationsOf}`;

const byNameStatement: Statement<UserRow & { readonly password_hash: string | null }> = statement(
  "user_by_name",
  `select ${userColumns}, u.password_hash
from users u
where lower(u.username) = lower($1)
  and u.deleted_at is null`,
);

export async function userByName(
  sql: Sql,
  username: string,
): Promise<(UserRow & { readonly password_hash: string | null }) | undefined> {
  return (await sql.query(byNameStatement, [username]))[0];
}

const listStatement: Statement<UserRow & { readonly total: number }> = statement(
  "users_list",
  `select ${userColumns}, count(*) over ()::int as total
from users u
where u.deleted_at is null
  and not u.is_system
  and ($1::text is null or u.username ilike '%' || $1 || '%' or u.name ilike '%' || $1 || '%')
order by lower(u.username)
limit $2
offset $3`,
);

export async function listUsers(
  sql: Sql,
  input: { readonly search: string | null; readonly limit: number; readonly offset: number },
): Promise<(UserRow & { readonly total: number })[]> {
  return await sql.query(listStatement, [input.search, input.limit, input.offset]);
}

const insertUserStatement: Statement<object> = statement(
  "user_insert",
  `insert into users (id, username, email, name, password_hash, is_system, role, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

const insertMemberStatement: Statement<object> = statement(
  "member_insert",
  `insert into organization_members (organization_id, user_id, role, created_at)
values ($1, $2, $3, $4)
on conflict do nothing`,
);

export interface NewUser {
  readonly id: UserId;
  readonly username: string;
  readonly email: string | null;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly isSystem: boolean;
  readonly role: "administrator" | "member";
  readonly organizationId: OrganizationId;
  readonly organizationRole: "template_admin" | "member";
  readonly now: Date;
}

export async function insertUser(tx: Tx, user: NewUser): Promise<void> {
  await tx.query(insertUserStatement, [
    user.id,
    user.username,
    user.email,
    user.name,
    user.passwordHash,
    user.isSystem,
    user.role,
    user.now,
  ]);
  await tx.query(insertMemberStatement, [user.organizationId, user.id, user.organizationRole, user.now]);
}

const deleteUserStatement: Statement<{ readonly id: UserId }> = statement(
  "user_delete",
  `with gone as (
  update users u
  set deleted_at = $2, dotfiles = null
  where u.id = $1
    and u.deleted_at is null
    and not exists (select 1 from workspaces w where w.owner_id = u.id and w.deleted_at is null)
  returning id
), revoked as (
  update tokens k
  set revoked_at = $2
  from gone
  where k.user_id = gone.id
    and k.revoked_at is null
), forgotten as (
  delete from secrets s
  using gone
  where s.holder_id = gone.id
), unlisted as (
  delete from login_keys l
  using gone
  where l.user_id = gone.id
)
select id
from gone`,
);

const takeStatement: Statement<{ readonly id: UserId }> = statement(
  "user_take",
  `select id
from users
where id = $1
for update`,
);

/**
 * Marks a user deleted and ends all his sessions; false while he still has workspaces. His row is taken first: creations
 * for him that are under way end before it is looked whether he has any, and later ones find him deleted.
 */
export async function deleteUser(tx: Tx, userId: UserId, now: Date): Promise<boolean> {
  await tx.query(takeStatement, [userId]);
  return (await tx.query(deleteUserStatement, [userId, now])).length === 1;
}

const suspendStatement: Statement<{ readonly id: UserId }> = statement(
  "user_suspend",
  `update users
set suspended_at = $2, suspended_because = $3
where id = $1
  and deleted_at is null
  and suspended_at is null
returning id`,
);

/** @returns false when he is suspended already, or deleted. */
export async function suspendUser(
  tx: Tx,
  input: { readonly userId: UserId; readonly because: string; readonly now: Date },
): Promise<boolean> {
  return (await tx.query(suspendStatement, [input.userId, input.now, input.because])).length === 1;
}

const activateStatement: Statement<{ readonly id: UserId }> = statement(
  "user_activate",
  `update users
set suspended_at = null, suspended_because = null
where id = $1
  and deleted_at is null
  and suspended_at is not null
returning id`,
);

/** @returns false when he is not suspended, or deleted. */
export async function activateUser(tx: Tx, userId: UserId): Promise<boolean> {
  return (await tx.query(activateStatement, [userId])).length === 1;
}

const holdStatement: Statement<{ readonly id: UserId }> = statement(
  "user_hold",
  `select id
from users
where id = $1
  and deleted_at is null
for no key update`,
);

/**
 * Keeps a user as he is until the transaction ends: whoever makes a token of his and whoever ends them all wait for each
 * other. @returns false when he is deleted.
 */
export async function holdUser(tx: Tx, userId: UserId): Promise<boolean> {
  return (await tx.query(holdStatement, [userId])).length === 1;
}

const passwordHashStatement: Statement<{ readonly password_hash: string | null }> = statement(
  "user_password_hash",
  `select password_hash
from users
where id = $1
  and deleted_at is null`,
);

export async function passwordHashOf(sql: Sql, userId: UserId): Promise<string | null | undefined> {
  return (await sql.query(passwordHashStatement, [userId]))[0]?.password_hash;
}

const setPasswordStatement: Statement<{ readonly username: string }> = statement(
  "user_set_password",
  `update users
set password_hash = $2
where id = $1
returning username`,
);

/** @returns the user's name; undefined when there is no such user. */
export async function setPassword(sql: Sql, userId: UserId, passwordHash: string): Promise<string | undefined> {
  return (await sql.query(setPasswordStatement, [userId, passwordHash]))[0]?.username;
}

const setRoleStatement: Statement<{ readonly before: UserRow["role"] }> = statement(
  "user_set_role",
  `with before as (
  select id, role
  from users
  where id = $1
    and deleted_at is null
  for no key update
)
update users u
set role = $2
from before
where u.id = before.id
returning before.role as before`,
);

/** @returns the role that he had; undefined when there is no such user. */
export async function setRole(tx: Tx, userId: UserId, role: UserRow["role"]): Promise<UserRow["role"] | undefined> {
  return (await tx.query(setRoleStatement, [userId, role]))[0]?.before;
}

const setOrganizationRoleStatement: Statement<object> = statement(
  "member_set_role",
  `insert into organization_members (organization_id, user_id, role, created_at)
values ($1, $2, $3, $4)
on conflict (organization_id, user_id) do update
set role = excluded.role`,
);

export async function setOrganizationRole(
  tx: Tx,
  member: {
    readonly organizationId: OrganizationId;
    readonly userId: UserId;
    readonly role: Membership["role"];
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(setOrganizationRoleStatement, [member.organizationId, member.userId, member.role, member.now]);
}

interface OrganizationRow {
  readonly id: OrganizationId;
  readonly name: string;
}

const insertOrganizationStatement: Statement<object> = statement(
  "organization_insert",
  // With its group of everybody (decision 0022).
  `with organization as (
  insert into organizations (id, name, display_name, created_at)
  values ($1, $2, $3, $4)
  returning id
)
insert into groups (id, organization_id, name, display_name, created_at)
select gen_random_uuid(), id, 'everyone', 'Everyone', $4
from organization`,
);

export async function insertOrganization(
  sql: Sql,
  organization: {
    readonly id: OrganizationId;
    readonly name: string;
    readonly displayName: string;
    readonly now: Date;
  },
): Promise<void> {
  await sql.query(insertOrganizationStatement, [
    organization.id,
    organization.name,
    organization.displayName,
    organization.now,
  ]);
}

const organizationStatement: Statement<OrganizationRow> = statement(
  "organization_by_name",
  `select id, name
from organizations
where lower(name) = lower($1)
  or id::text = $1`,
);

export async function organizationByName(sql: Sql, nameOrId: string): Promise<OrganizationRow | undefined> {
  return (await sql.query(organizationStatement, [nameOrId]))[0];
}

const systemUserStatement: Statement<object> = statement(
  "system_user_ensure",
  `insert into users (id, username, name, is_system, role, created_at)
values ($1, $2, $3, true, 'member', $4)
on conflict do nothing`,
);

/** Makes a system user unless he is there. */
export async function ensureSystemUser(
  sql: Sql,
  user: { readonly id: UserId; readonly username: string; readonly name: string; readonly now: Date },
): Promise<void> {
  await sql.query(systemUserStatement, [user.id, user.username, user.name, user.now]);
}
