import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface OrganizationSummary {
  readonly id: OrganizationId;
  readonly name: string;
  readonly display_name: string;
  readonly role: "template_admin" | "member" | null;
  readonly members: number;
  readonly created_at: Date;
  readonly total: number;
}

const organizationsStatement: Statement<OrganizationSummary> = statement(
  "organizations_of_user",
  // The system's own users are in it to be counted and granted, and are nobody's colleagues.
  `select o.*, count(*) over ()::int as total
from (
  select o.id, o.name, o.display_name, own.role, o.created_at,
    (select count(*)::int
      from organization_members m
      join users u on u.id = m.user_id
      where m.organization_id = o.id
        and u.deleted_at is null
        and not u.is_system) as members
  from organizations o
  left join organization_members own on own.organization_id = o.id and own.user_id = $1
  where ($2 or own.user_id is not null)
    and ($3::uuid is null or o.id = $3)
    and ($4::text is null or o.name ilike '%' || $4 || '%' or o.display_name ilike '%' || $4 || '%')) o
order by case when $5 = 'name' and $6 = 'desc' then lower(o.name) end desc,
  case when $5 = 'members' and $6 = 'asc' then o.members end,
  case when $5 = 'members' and $6 = 'desc' then o.members end desc,
  case when $5 = 'created' and $6 = 'asc' then o.created_at end,
  case when $5 = 'created' and $6 = 'desc' then o.created_at end desc,
  lower(o.name)
limit $7
offset $8`,
);

export interface OrganizationsAsked {
  /** Those that he is not in, too. */
  readonly areAll: boolean;
  readonly id?: OrganizationId;
  readonly search?: string | undefined;
  readonly sort?: "name" | "members" | "created" | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Those that a user is in, or all of them. */
export async function organizationsOfUser(
  sql: Sql,
  userId: UserId,
  asked: OrganizationsAsked,
): Promise<OrganizationSummary[]> {
  const { areAll, id = null, search = null, sort = "name", order = sort === "name" ? "asc" : "desc" } = asked;
  return await sql.query(organizationsStatement, [userId, areAll, id, search, sort, order, asked.limit, asked.offset]);
}
