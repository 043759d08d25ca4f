import type { AgentId, BuildId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Sql, Tx } from "../store.ts";

/** An agent's key, by its hash. */
export interface PresentedKey {
  readonly agentId: AgentId;
  readonly keyHash: Buffer;
  readonly now: Date;
}

const bindStatement: Statement<{ readonly id: AgentId; readonly key_hash: Buffer }> = statement(
  "agents_bind_keys",
  // Compare-and-set: of two that come first at once, on whatever server, one key stays. The same key again changes nothing.
  `update agents a
set key_hash = k.key_hash, key_open_until = null
from unnest($1::uuid[], $2::bytea[], $3::timestamptz[]) as k(agent_id, key_hash, now)
where a.id = k.agent_id
  and a.retired_at is null
  and (a.key_hash is null or a.key_hash = k.key_hash or a.key_open_until > k.now)
returning a.id, a.key_hash`,
);

/** Binds each agent to the key that it came with, where that may be. @returns for each whether it is its agent's key now. */
export async function bindAgentKeys(sql: Sql, keys: readonly PresentedKey[]): Promise<readonly boolean[]> {
  const rows = await sql.query(bindStatement, [
    keys.map(({ agentId }) => agentId),
    keys.map(({ keyHash }) => keyHash),
    keys.map(({ now }) => now),
  ]);
  const bound = new Map(rows.map((row) => [row.id, row.key_hash]));
  return keys.map(({ agentId, keyHash }) => bound.get(agentId)?.equals(keyHash) === true);
}

const refusedStatement: Statement<{ readonly is_due: boolean }> = statement(
  "agent_key_refused",
  // What an agent says of itself stands while it is connected: then it is somebody else who was refused. That it is gone
  // may be stored after the refusal, so its state is looked at each time. Locked: of several refusals at once one is said.
  `with found as (
  select id, coalesce(key_refused_at < $2::timestamptz - $3 * interval '1 ms', true) as is_due
  from agents
  where id = $1
    and retired_at is null
  for no key update
), noted as (
  update agents a
  set key_refused_at = case when f.is_due then $2 else a.key_refused_at end,
    detail = case when a.server_id is null then $4 else a.detail end
  from found f
  where a.id = f.id
    and (f.is_due or (a.server_id is null and a.detail <> $4))
  returning a.id, f.is_due
), logged as (
  insert into agent_logs (agent_id, at, level, source, line)
  select id, $2, 'error', 'agent', $4
  from noted
  where is_due
)
select is_due
from noted`,
);

/**
 * Says that an agent's token came without its key: in its log at most once in `everyMs`, and in its state while it is away.
 * @returns what it said: `log` if both, or the log alone.
 */
export async function noteRefusedKey(
  sql: Sql,
  input: { readonly agentId: AgentId; readonly now: Date; readonly everyMs: number; readonly text: string },
): Promise<"nothing" | "state" | "log"> {
  const [row] = await sql.query(refusedStatement, [input.agentId, input.now, input.everyMs, input.text]);
  if (row === undefined) return "nothing";
  return row.is_due ? "log" : "state";
}

const openStatement: Statement<object> = statement(
  "agents_open_keys",
  `update agents a
set key_open_until = $2
from builds b
where b.id = $1
  and a.workspace_id = b.workspace_id
  and a.retired_at is null
  and a.key_hash is not null`,
);

/** Lets each agent of the build's workspace come with another key, once and until then. */
export async function openAgentKeys(tx: Tx, buildId: BuildId, until: Date): Promise<void> {
  await tx.query(openStatement, [buildId, until]);
}
