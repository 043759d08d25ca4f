import type { OrganizationId } from "../../contracts/ids.ts";
import { prebuildsUserId } from "../../contracts/system-ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

const missingStatement: Statement<{ readonly id: OrganizationId; readonly name: string }> = statement(
  "prebuilds_membership_missing",
  `select o.id, o.name
from organizations o
where o.id = any($1::uuid[])
  and not (
    exists (
      select 1
      from organization_members m
      where m.organization_id = o.id
        and m.user_id = $2)
    and exists (
      select 1
      from groups g
      join group_members m on m.group_id = g.id and m.user_id = $2
      where g.organization_id = o.id
        and lower(g.name) = 'prebuilds'))
order by o.id
limit 1000`,
  "long",
);

/** Those of the organizations in which the `prebuilds` user lacks anything: membership, his group, his place in it. */
export async function withoutPrebuildsMembership(
  sql: Sql,
  organizationIds: readonly OrganizationId[],
): Promise<{ readonly id: OrganizationId; readonly name: string }[]> {
  return await sql.query(missingStatement, [organizationIds, prebuildsUserId]);
}

const addStatement: Statement<object> = statement(
  "prebuilds_membership_add",
  `with member as (
  insert into organization_members (organization_id, user_id, role, created_at)
  values ($1, $2, 'member', $3)
  on conflict do nothing
), made as (
  insert into groups (id, organization_id, name, display_name, allowance, created_at)
  select gen_random_uuid(), $1, 'prebuilds', 'Unclaimed prebuilds', $4, $3
  where not exists (
    select 1
    from groups
    where organization_id = $1
      and lower(name) = 'prebuilds')
  on conflict do nothing
  returning id
)
insert into group_members (group_id, user_id, created_at)
select id, $2, $3
from (
  select id
  from made
  union all
  select id
  from groups
  where organization_id = $1
    and lower(name) = 'prebuilds') g
on conflict do nothing`,
);

/** Adds what is missing in one organization, and nothing else (spec §8). */
export async function addPrebuildsMembership(
  sql: Sql,
  input: { readonly organizationId: OrganizationId; readonly allowance: number; readonly now: Date },
): Promise<void> {
  await sql.query(addStatement, [input.organizationId, prebuildsUserId, input.now, input.allowance]);
}
