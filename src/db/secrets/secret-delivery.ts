import type { AgentId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql } from "../store.ts";

/** Whether secret `s` goes to workspace `w`: its owner's, where he lets it go there, and its template's. */
const goesTo = `(s.holder_id = w.owner_id and (s.is_everywhere or s.key_is_everywhere or
      w.template_id = any(s.template_ids || s.key_template_ids)))
    or s.holder_id = w.template_id`;

/** Nothing goes to workspaces of somebody who is suspended: neither he nor what runs there is to open anything. */
const ownerOfOne = "join users o on o.id = w.owner_id and o.suspended_at is null";

/** For the claim record of workspace `w`: whether its agent has anything to ask for. */
export const hasSecrets = `exists (
    select 1
    from secrets s
    ${ownerOfOne}
    where s.holder_id in (w.owner_id, w.template_id) and (${goesTo})
  )`;

export interface DeliveredRow {
  readonly id: string;
  readonly name: string;
  readonly sealed: Buffer;
  readonly key_id: string;
  /** Whether it is a person's SSH key, which is no variable. */
  readonly is_ssh_key: boolean;
}

const deliverStatement: Statement<DeliveredRow & { readonly agent_id: AgentId }> = statement(
  "agent_secrets",
  // Said here once more: nothing goes to a prebuild before it is handed over, nor to an agent that was replaced. Of one
  // name the owner's own goes before the template's.
  `select distinct on (a.id, s.name) a.id as agent_id, s.id, s.name, s.sealed, s.key_id,
  s.public_key is not null as is_ssh_key
from agents a
join workspaces w on w.id = a.workspace_id
left join prebuilds p on p.workspace_id = w.id
${ownerOfOne}
join secrets s on s.holder_id in (w.owner_id, w.template_id) and (${goesTo})
where a.id = any($1::uuid[])
  and a.retired_at is null
  and w.deleted_at is null
  and (p.workspace_id is null or p.handed_over_at is not null)
order by a.id, s.name, s.template_id nulls first`,
);

/** What each agent is given, sealed, in the order of the agents. */
export async function secretsOfAgents(
  sql: Sql,
  agentIds: readonly AgentId[],
): Promise<readonly (readonly DeliveredRow[])[]> {
  const byAgent = new Map<AgentId, DeliveredRow[]>(agentIds.map((id) => [id, []]));
  for (const { agent_id: agentId, ...row } of await sql.query(deliverStatement, [agentIds])) {
    byAgent.get(agentId)?.push(row);
  }
  return agentIds.map((id) => byAgent.get(id) ?? []);
}
