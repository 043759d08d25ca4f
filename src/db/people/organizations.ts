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
}

const organizationsStatement: Statement<OrganizationSummary> = statement(
  "organizations_of_user",
  // The system's own users are in it to be counted and granted, and are nobody's colleagues.
  `select o.id, o.name, o.display_name, own.role, o.created_at,
  (select count(*)::int
    from organization_members m
    join users u on u.id = m.user_id
    where m.organization_id = o.id
      and u.deleted_at is null
      and not u.is_system) as members
from organizations o
left join organization_members own on own.organization_id = o.id and own.user_id = $1
where $2 or own.user_id is not null
order by o.name`,
);

/** Those that a user is in, or all of them. */
export async function organizationsOfUser(
  sql: Sql,
  userId: UserId,
  options: { readonly areAll: boolean },
): Promise<OrganizationSummary[]> {
  return await sql.query(organizationsStatement, [userId, options.areAll]);
}
