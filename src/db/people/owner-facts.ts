import type { OrganizationId, UserId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface OwnerFactsRow {
  readonly id: UserId;
  readonly username: string;
  readonly name: string;
  readonly email: string | null;
  /** Names of the groups of the organization that he is in, `everyone` included. */
  readonly groups: string[];
}

const factsStatement: Statement<OwnerFactsRow> = statement(
  "owner_facts",
  `select u.id, u.username, u.name, u.email, array(
    select g.name
    from groups g
    where g.organization_id = $1
      and (lower(g.name) = 'everyone' or exists (
        select 1
        from group_members m
        where m.group_id = g.id
          and m.user_id = u.id))
    order by lower(g.name)
    limit 1000) as groups
from users u
where u.id = $2
  and u.deleted_at is null`,
);

/** What templates are told of a person as the owner of a workspace in an organization; undefined when he is gone. */
export async function ownerFacts(
  sql: Sql,
  organizationId: OrganizationId,
  userId: UserId,
): Promise<OwnerFactsRow | undefined> {
  return (await sql.query(factsStatement, [organizationId, userId]))[0];
}
