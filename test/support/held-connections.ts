import type { AgentId } from "../../src/contracts/ids.ts";
import type { AgentState } from "../../src/contracts/states.ts";
import type { AgentConnections } from "../../src/controllers/server-presence.ts";
import type { Fixture } from "./fixture.ts";

export interface HeldOne {
  readonly agentId: AgentId;
  readonly connectionId: string;
  readonly since: Date;
  readonly state: AgentState | null;
}

/** The connections of a server as a test wants them, without agents. */
export class HeldConnections implements AgentConnections {
  readonly all = new Map<AgentId, HeldOne>();
  readonly poked: AgentId[] = [];
  readonly closed: string[] = [];

  held = (): readonly HeldOne[] => [...this.all.values()];
  holds = (agentId: AgentId, connectionId: string): boolean => this.all.get(agentId)?.connectionId === connectionId;
  connectionOf = (agentId: AgentId): HeldOne | undefined => this.all.get(agentId);
  poke = (agentId: AgentId): void => void this.poked.push(agentId);
  close = (agentId: AgentId, _connectionId: string, because: string): void => {
    this.closed.push(because);
    this.all.delete(agentId);
  };

  /** Holds what the table says, as the server would that the agents of a test have connected to by a statement. */
  async holdListed(fx: Fixture): Promise<void> {
    this.all.clear();
    const rows = await fx.rows<HeldOne>(
      `select id as "agentId", connection_id as "connectionId", created_at as since, state
      from agents where server_id is not null and retired_at is null`,
    );
    for (const row of rows) this.all.set(row.agentId, row);
  }
}
