import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface UnisolatedPlace {
  readonly daemon: string;
  readonly reason: string;
}

const placeStatement: Statement<UnisolatedPlace> = statement(
  "daemon_unisolated",
  // Also one that is away: a workspace that is created now may be started by it when it is back.
  `select e.name as daemon, u.driver ->> 'reason' as reason
from daemons e
cross join lateral jsonb_array_elements(e.unisolated) u(driver)
where e.forgotten_at is null
  and e.drivers ? $1
  and $2::jsonb <@ e.tags
  and u.driver ->> 'driver' = $1
order by e.seen_at desc
limit 1`,
);

/** A daemon that could be given the workspace and keeps workspaces of this driver apart from nothing. */
export async function unisolatedPlace(
  sql: Sql,
  input: { readonly driver: string; readonly tags: Readonly<Record<string, string>> },
): Promise<UnisolatedPlace | undefined> {
  return (await sql.query(placeStatement, [input.driver, input.tags]))[0];
}

const peopleStatement: Statement<{ readonly people: number; readonly administrators: number }> = statement(
  "people_count",
  // More than some are many: nobody reads the number.
  `select count(*)::int as people, count(*) filter (where role = 'administrator')::int as administrators
from (
  select role
  from users
  where not is_system
    and deleted_at is null
    and suspended_at is null
  order by role
  limit 1000) as counted`,
);

/** How many may sign in, and how many of them administer; counted up to 1,000. */
export async function countPeople(sql: Sql): Promise<{ readonly people: number; readonly administrators: number }> {
  return (await sql.query(peopleStatement, []))[0] ?? { people: 0, administrators: 0 };
}
