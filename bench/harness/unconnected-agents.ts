import type pg from "pg";
import { sleep } from "../../src/platform/sleep.ts";
import type { AgentsMessage } from "./agents-role.ts";
import { type Child, startChild } from "./child-process.ts";

/** Agents of one process: more would measure that process. */
const agentsPerProcess = 1_000;
const readyWithinMs = 300_000;
const lookMs = 500;

/** Agents as their builds made them: with a token, and not heard of yet. */
export async function unconnected(pool: pg.Pool): Promise<AgentsMessage["agents"]> {
  await pool.query(`update agents set state = 'created', server_id = null, connection_id = null, connected_at = null,
  ready_at = null, token_hash = sha256(('agent-' || id)::bytea)`);
  await pool.query("update prebuilds set state = 'starting', ready_at = null");
  const { rows } = await pool.query<{ token: string; workspaceId: string }>(
    `select 'agent-' || id as token, workspace_id as "workspaceId" from agents`,
  );
  return rows;
}

/** Connects them, and waits until all of their prebuilds are ready. @param children gets their processes. */
export async function connectAgents(
  pool: pg.Pool,
  {
    agents,
    url,
    children,
  }: { readonly agents: AgentsMessage["agents"]; readonly url: string; readonly children: Child[] },
): Promise<void> {
  for (let from = 0; from < agents.length; from += agentsPerProcess) {
    const child = startChild("agents");
    children.push(child);
    const some = agents.slice(from, from + agentsPerProcess);
    await child.ask({ kind: "agents", serverUrl: url, agents: some } satisfies AgentsMessage);
  }
  const endMs = performance.now() + readyWithinMs;
  while ((await count(pool, "select count(*) from prebuilds where state = 'ready'")) < agents.length) {
    if (performance.now() > endMs) throw new Error(`The agents were not ready within ${readyWithinMs} ms.`);
    await sleep(lookMs);
  }
}

export async function count(pool: pg.Pool, text: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(text);
  return Number(rows[0]?.count);
}
