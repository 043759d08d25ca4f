import type { AgentId, BuildId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Tx } from "../store.ts";

/** What a build has told of an agent, as it is stored. */
export interface SealedSettings {
  readonly agentId: AgentId;
  readonly sealed: Buffer;
  readonly keyId: string;
}

const storeStatement: Statement<{ readonly id: AgentId }> = statement(
  "agent_settings_store",
  // A start tells of the agents that it made, a claim of those that run. In order of generations: a late word of a build
  // before a claim takes nothing away.
  `update agents a
set settings_sealed = t.sealed, settings_key_id = t.key_id, settings_generation = g.generation
from builds b
left join prebuilds p on p.workspace_id = b.workspace_id
cross join lateral (select case when p.workspace_id is null then 1 else p.claim_generation end as generation) g
cross join unnest($2::uuid[], $3::bytea[], $4::text[]) as t(agent_id, sealed, key_id)
where b.id = $1
  and a.id = t.agent_id
  and a.workspace_id = b.workspace_id
  and (b.stage = 'claim' or a.build_id = b.id)
  and a.retired_at is null
  and coalesce(a.settings_generation, 0) <= g.generation
returning a.id`,
);

/** Stores what a build has told, and wakes its agents. */
export async function storeAgentSettings(tx: Tx, buildId: BuildId, told: readonly SealedSettings[]): Promise<void> {
  if (told.length === 0) return;
  const rows = await tx.query(storeStatement, [
    buildId,
    told.map(({ agentId }) => agentId),
    told.map(({ sealed }) => sealed),
    told.map(({ keyId }) => keyId),
  ]);
  for (const { id } of rows) tx.emit(`agent:${id}`);
}
