import type { OrganizationId, WorkspaceId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

export interface LostRow {
  readonly workspace_id: WorkspaceId;
  readonly organization_id: OrganizationId;
  readonly name: string;
  readonly generation: number;
  readonly agent: string;
  readonly disconnected_at: Date;
}

const lostStatement: Statement<LostRow> = statement(
  "prebuilds_lost",
  // `starting` is: its build went well, and an agent is not there. One that was never ready is not lost: it has its time
  // to become ready, and fails then. The row is locked, as an agent that comes back takes it before it changes anything.
  `select b.workspace_id, b.organization_id, w.name, b.generation, a.name as agent, a.disconnected_at
from prebuilds b
join workspaces w on w.id = b.workspace_id
join lateral (
  select g.name, g.disconnected_at
  from agents g
  where g.workspace_id = b.workspace_id
    and g.retired_at is null
    and g.server_id is null
    and g.ready_at is not null
    and g.disconnected_at <= $1
  order by g.disconnected_at
  limit 1) a on true
where b.state = 'starting'
  and ($3::uuid[] is null or b.workspace_id = any($3))
order by b.workspace_id
limit $2
for update of b`,
  "long",
);

/** Unclaimed prebuilds, or `only` these, with an agent that has been disconnected since `since` or longer, at most `max`. */
export async function lostPrebuilds(
  sql: Sql,
  input: { readonly since: Date; readonly max: number; readonly only?: readonly WorkspaceId[] },
): Promise<LostRow[]> {
  return await sql.query(lostStatement, [input.since, input.max, input.only ?? null]);
}
