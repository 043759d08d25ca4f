import type { AgentId } from "../../contracts/ids.ts";
import { type Statement, statement } from "../statement.ts";
import type { Db } from "../store.ts";
import { type AgentWord, writeAgentWords } from "./agent-words.ts";

const agentsPerTransactionMax = 500;

const connectedStatement: Statement<{ readonly id: AgentId; readonly connection_id: string }> = statement(
  "agents_connected_anywhere",
  `select id, connection_id
from agents
where server_id is not null
limit $1`,
  "long",
);

/**
 * Takes every agent off, and the ledger with them: for a database that no server has worked on yet, as one that was
 * restored. What it says of connections is of the servers of another day, and until they were found dead their prebuilds
 * would be handed out, also those that somebody has had since.
 */
export async function nobodyIsConnected(db: Db, now: Date): Promise<number> {
  let count = 0;
  for (;;) {
    const agents = await db.query(connectedStatement, [agentsPerTransactionMax]);
    if (agents.length === 0) return count;
    const words = agents.map(
      (agent): AgentWord => ({ kind: "disconnected", agentId: agent.id, connectionId: agent.connection_id }),
    );
    const changed = await db.transaction("nobody is connected", async (tx) => writeAgentWords(tx, words, now));
    // What cannot be taken off would be found again and again: the servers' watch over each other has to find it.
    if (changed.size === 0) return count;
    count += changed.size;
  }
}
