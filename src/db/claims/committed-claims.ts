import type { BuildId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";
import type { ClaimedRow } from "./claim.ts";

type CommittedRow = ClaimedRow & { readonly build_id: BuildId };

const committedStatement: Statement<CommittedRow> = statement(
  "claims_committed",
  `select b.id as build_id, p.workspace_id, w.created_at, p.ready_at, w.cost, b.created_at as claimed_at,
  p.handed_over_at is not null as is_handed_over, b.number as build_number, b.template_version_id, coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name, 'state', a.state, 'detail', a.detail,
      'ready_at', a.ready_at) order by a.position)
    from agents a
    where a.workspace_id = p.workspace_id
      and a.retired_at is null), '[]') as agents
from builds b
join prebuilds p on p.workspace_id = b.workspace_id and p.claim_build_id = b.id
join workspaces w on w.id = b.workspace_id
where b.id = any($1)`,
  "look",
);

/**
 * Which claims were committed, by the builds that they were to write: asked when their own answer was lost. One that is
 * missing may still be on its way.
 */
export async function committedClaims(
  sql: Sql,
  buildIds: readonly BuildId[],
): Promise<ReadonlyMap<BuildId, ClaimedRow>> {
  const rows = await sql.query(committedStatement, [buildIds]);
  return new Map(rows.map((row) => [row.build_id, row]));
}
