import type { Dotfiles } from "../../contracts/api/dotfiles.ts";
import type { AgentId, BuildId, WorkspaceId } from "../../contracts/ids.ts";
import { hasSecrets } from "../secrets/secret-delivery.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

const replaceStatement: Statement<object> = statement(
  "agents_replace",
  // A start that is not a claim makes new agents; those of the build before can no longer authenticate.
  `with retired as (
  update agents
  set retired_at = $6, state = 'off', server_id = null, connection_id = null, settings_sealed = null
  where workspace_id = $1
    and retired_at is null
)
insert into agents (id, workspace_id, build_id, name, position, token_hash, created_at)
select a.id, $1, $2, a.name, a.position, a.token_hash, $6
from unnest($3::uuid[], $4::text[], $5::bytea[]) with ordinality as a(id, name, token_hash, position)`,
);

export interface NewAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly tokenHash: Buffer;
}

/** Makes the agents of a start build, whose tokens only its daemon is told. */
export async function replaceAgents(
  tx: Tx,
  input: {
    readonly workspaceId: WorkspaceId;
    readonly buildId: BuildId;
    readonly agents: readonly NewAgent[];
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(replaceStatement, [
    input.workspaceId,
    input.buildId,
    input.agents.map((agent) => agent.id),
    input.agents.map((agent) => agent.name),
    input.agents.map((agent) => agent.tokenHash),
    input.now,
  ]);
}

export interface AgentRow {
  readonly id: AgentId;
  readonly name: string;
  readonly workspace_id: WorkspaceId;
  readonly build_id: BuildId;
}

const liveStatement: Statement<AgentRow> = statement(
  "agents_live",
  `select id, name, workspace_id, build_id
from agents
where workspace_id = $1
  and retired_at is null
order by position`,
);

export async function liveAgents(sql: Sql, workspaceId: WorkspaceId): Promise<AgentRow[]> {
  return await sql.query(liveStatement, [workspaceId]);
}

/** An agent as its token names it. */
export interface AgentOfToken extends AgentRow {
  /** Of the key that it must come with; null while it has come with none. */
  readonly key_hash: Buffer | null;
}

const byTokensStatement: Statement<AgentOfToken & { readonly nth: number }> = statement(
  "agents_by_tokens",
  `select h.nth::int as nth, a.id, a.name, a.workspace_id, a.build_id, a.key_hash
from unnest($1::bytea[]) with ordinality as h(token_hash, nth)
join agents a on a.token_hash = h.token_hash
where a.retired_at is null`,
);

/** The agent behind each token, in the order of the tokens. */
export async function agentsByTokens(
  sql: Sql,
  tokenHashes: readonly Buffer[],
): Promise<readonly (AgentOfToken | undefined)[]> {
  const rows = await sql.query(byTokensStatement, [tokenHashes]);
  const byNth = new Map(rows.map(({ nth, ...row }) => [nth, row]));
  return tokenHashes.map((_, at) => byNth.get(at + 1));
}

export interface ClaimRecordRow {
  readonly generation: number;
  readonly owner_id: string | null;
  readonly username: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly workspace_name: string;
  readonly parameters: Record<string, string>;
  readonly claimed_at: Date | null;
  readonly has_secrets: boolean;
  /** Of the owner; null for one who is suspended. */
  readonly dotfiles: Dotfiles | null;
  readonly dotfiles_runs: number;
}

const claimRecordsStatement: Statement<ClaimRecordRow & { readonly agent_id: AgentId }> = statement(
  "agent_claim_records",
  // A prebuild has an owner once it is handed over; any other workspace has had one from its first day.
  `select a.id as agent_id,
  case when p.workspace_id is null then 1 when p.handed_over_at is null then 0 else p.claim_generation end
    as generation,
  u.id as owner_id, u.username, u.name, u.email, w.name as workspace_name, b.parameters,
  coalesce(p.claimed_at, w.created_at) as claimed_at, ${hasSecrets} as has_secrets,
  case when u.suspended_at is null then u.dotfiles end as dotfiles, w.dotfiles_runs
from agents a
join workspaces w on w.id = a.workspace_id
join builds b on b.id = w.latest_build_id
left join prebuilds p on p.workspace_id = w.id
left join users u on u.id = w.owner_id and (p.workspace_id is null or p.handed_over_at is not null)
where a.id = any($1::uuid[])`,
);

/** The claim record of each agent, in the order of the agents. */
export async function claimRecords(
  sql: Sql,
  agentIds: readonly AgentId[],
): Promise<readonly (ClaimRecordRow | undefined)[]> {
  const rows = await sql.query(claimRecordsStatement, [agentIds]);
  const byAgent = new Map(rows.map(({ agent_id: id, ...row }) => [id, row]));
  return agentIds.map((id) => byAgent.get(id));
}

/** An agent's word that it knows its owner; the instants are of the claim, null in a workspace that was never claimed. */
export interface AcknowledgedRow {
  readonly workspace_id: WorkspaceId;
  /** Whether it had not said so before: a word may come twice. */
  readonly is_first: boolean;
  readonly claimed_at: Date | null;
  readonly handed_over_at: Date | null;
}

const acknowledgeStatement: Statement<AcknowledgedRow> = statement(
  "agent_acknowledge",
  // The first part sees the row as it was before this statement. Its owner can use the workspace from now on, and only
  // now its run begins: a hook that runs for longer than the TTL has taken nothing from it.
  `with before as materialized (
  select id, acknowledged_generation
  from agents
  where id = $1
), updated as (
  update agents
  set acknowledged_generation = greatest(acknowledged_generation, $2), acknowledged_at = $3, claim_error = $4
  where id = $1
    and retired_at is null
  returning id, workspace_id
), run as (
  update workspaces w
  set deadline_at = $3::timestamptz + w.ttl_ms * interval '1 ms'
  from updated u
  join before b on b.id = u.id
  where w.id = u.workspace_id
    and b.acknowledged_generation < $2
    and w.deadline_at < $3::timestamptz + w.ttl_ms * interval '1 ms'
)
select u.workspace_id, b.acknowledged_generation < $2 as is_first, p.claimed_at, p.handed_over_at
from updated u
join before b on b.id = u.id
left join prebuilds p on p.workspace_id = u.workspace_id and p.state = 'claimed'`,
);

export async function acknowledgeClaim(
  tx: Tx,
  input: { readonly agentId: AgentId; readonly generation: number; readonly error: string | null; readonly now: Date },
): Promise<AcknowledgedRow | undefined> {
  const [row] = await tx.query(acknowledgeStatement, [input.agentId, input.generation, input.now, input.error]);
  if (row !== undefined) tx.emit(`workspace:${row.workspace_id}`);
  return row;
}

const logStatement: Statement<{ readonly id: number }> = statement(
  "agent_log_append",
  `insert into agent_logs (agent_id, at, level, source, line)
select $1, l.at, l.level, l.source, l.line
from unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[]) with ordinality
  as l(at, level, source, line, position)
order by l.position
returning id`,
);

export async function appendAgentLog(
  sql: Sql,
  agentId: AgentId,
  lines: readonly { readonly at: string; readonly level: string; readonly source: string; readonly line: string }[],
): Promise<void> {
  await sql.query(logStatement, [
    agentId,
    lines.map((line) => line.at),
    lines.map((line) => line.level),
    lines.map((line) => line.source),
    lines.map((line) => line.line.replaceAll("\0", "\uFFFD")),
  ]);
}
