import type { AgentId, BuildId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

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

/** What was told of an agent that runs, as it is stored. */
export interface AgentSettingsRow {
  readonly id: AgentId;
  readonly agent: string;
  readonly workspace: string;
  readonly sealed: Buffer;
  readonly key_id: string;
}

const keysStatement: Statement<{ readonly key_id: string; readonly count: number }> = statement(
  "agent_settings_keys",
  `select settings_key_id as key_id, count(*)::int as count
from agents
where settings_sealed is not null
group by settings_key_id`,
  "long",
);

/** By which keys settings of agents are sealed, and of how many agents by each. */
export async function agentSettingsKeys(
  sql: Sql,
): Promise<readonly { readonly key_id: string; readonly count: number }[]> {
  return await sql.query(keysStatement, []);
}

const sealedByStatement: Statement<AgentSettingsRow> = statement(
  "agent_settings_sealed_by",
  `select a.id, a.name as agent, w.name as workspace, a.settings_sealed as sealed, a.settings_key_id as key_id
from agents a
join workspaces w on w.id = a.workspace_id
where a.settings_sealed is not null
  and a.settings_key_id = any($1)
  and a.id > $2
order by a.id
limit $3`,
  "long",
);

/** A page of the agents whose settings are sealed by these keys. */
export async function agentSettingsSealedBy(
  sql: Sql,
  by: { readonly keyIds: readonly string[]; readonly after: string; readonly limit: number },
): Promise<readonly AgentSettingsRow[]> {
  return await sql.query(sealedByStatement, [by.keyIds, by.after, by.limit]);
}

const resealStatement: Statement<object> = statement(
  "agent_settings_reseal",
  // What was told meanwhile is sealed with another key, or is another text: it stays.
  `update agents
set settings_sealed = $3, settings_key_id = $4
where id = $1
  and settings_key_id = $2
  and settings_sealed = $5`,
);

export async function resealAgentSettings(
  sql: Sql,
  { id, key_id: before, sealed: from }: Pick<AgentSettingsRow, "id" | "key_id" | "sealed">,
  by: { readonly sealed: Buffer; readonly keyId: string },
): Promise<void> {
  await sql.query(resealStatement, [id, before, by.sealed, by.keyId, from]);
}
