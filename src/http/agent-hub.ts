import { WebSocket } from "ws";
import type { ServerToAgent } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";
import type { AgentId } from "../contracts/ids.ts";
import { execPerAgentMax } from "../contracts/limits.ts";
import type { AgentState } from "../contracts/states.ts";
import { sleep } from "../platform/sleep.ts";
import { endSocket } from "./end-socket.ts";
import { PendingReports } from "./report-queue.ts";

export type ExecEvent =
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly data: string }
  | {
      readonly kind: "exit";
      readonly exitCode: number | null;
      readonly error: string | null;
      /** Whether the agent was lost, and the command's own end is not known. */
      readonly isAgentLost: boolean;
    };

/** A connection as others see it. */
interface Held {
  readonly agentId: AgentId;
  readonly connectionId: string;
  /** When it began, as the database dated it. */
  readonly since: Date;
  readonly state: AgentState | null;
}

interface Connection {
  readonly connectionId: string;
  readonly socket: WebSocket;
  readonly execs: Map<string, (event: ExecEvent) => void>;
  /** When it began, as the database dated it; null until it knows of it. */
  since: Date | null;
  /** The last state that the agent reported over it and that was stored. */
  state: AgentState | null;
}

/** Bytes that may wait on an agent's socket before an exec's input is held back. */
export const agentBacklogBytesMax = 1_048_576;

/** Where that did not help, as with the input of many commands at once: before the connection is given up. */
export const agentLostBytesMax = 16 * 1_048_576;

/** A connection that has not ended by then never will; the others see that its server is gone. */
const settledWithinMs = 1_000;
const settledLookMs = 5;

/** The agents that are connected to this server, and the commands that run in them. */
export class AgentHub {
  readonly #connections = new Map<AgentId, Connection>();
  readonly pendingReports = new PendingReports();
  readonly #goodbyes = new Set<Promise<unknown>>();
  readonly #used = new Set<AgentId>();
  readonly #visitors = new Map<AgentId, number>();

  get size(): number {
    return this.#connections.size;
  }

  /** Adds a connection; an older one of the same agent is closed: only the newest counts. */
  add(agentId: AgentId, connectionId: string, socket: WebSocket): void {
    const older = this.#connections.get(agentId);
    this.#connections.set(agentId, { connectionId, socket, execs: new Map(), since: null, state: null });
    if (older === undefined) return;
    endExecs(older, "the agent connected anew");
    endSocket(older.socket, 1000, "replaced");
  }

  remove(agentId: AgentId, connectionId: string): void {
    const connection = this.#connections.get(agentId);
    if (connection?.connectionId !== connectionId) return;
    this.#connections.delete(agentId);
    endExecs(connection, "the agent's connection was lost");
  }

  /** Notes what has been stored of a connection: when it began, or what its agent said of itself. */
  stored(
    agentId: AgentId,
    connectionId: string,
    what: { readonly since: Date } | { readonly state: AgentState },
  ): void {
    const connection = this.#connections.get(agentId);
    if (connection?.connectionId === connectionId) Object.assign(connection, what);
  }

  /** The connections that the database must know of. One that has ended is none, also if nobody was told of its end. */
  held(): readonly Held[] {
    return [...this.#connections.keys()].flatMap((agentId) => this.connectionOf(agentId) ?? []);
  }

  /** Whether the agent is connected here. */
  has(agentId: AgentId): boolean {
    return this.#connections.get(agentId)?.socket.readyState === WebSocket.OPEN;
  }

  /** Whether it holds this very connection, also one whose beginning is not stored yet. */
  holds(agentId: AgentId, connectionId: string): boolean {
    const connection = this.#connections.get(agentId);
    return connection?.connectionId === connectionId && connection.socket.readyState === WebSocket.OPEN;
  }

  /** Undefined also while it is not known when the connection began. */
  connectionOf(agentId: AgentId): Held | undefined {
    const connection = this.#connections.get(agentId);
    if (connection === undefined || connection.since === null || connection.socket.readyState !== WebSocket.OPEN) {
      return undefined;
    }
    const { connectionId, since, state } = connection;
    return { agentId, connectionId, since, state };
  }

  poke(agentId: AgentId): void {
    this.send(agentId, { kind: "poke" });
  }

  /** Ends a connection that was found not to count any more. An agent that was retired need not come back. */
  close(agentId: AgentId, connectionId: string, because: "superseded" | "retired"): void {
    const connection = this.#connections.get(agentId);
    if (connection?.connectionId !== connectionId) return;
    if (because === "retired") endSocket(connection.socket, 4001, "agent retired");
    else endSocket(connection.socket, 1000, "replaced");
  }

  /** Sends a frame; false when the agent is not connected here. */
  send(agentId: AgentId, frame: ServerToAgent): boolean {
    const connection = this.#connections.get(agentId);
    if (connection === undefined || connection.socket.readyState !== connection.socket.OPEN) return false;
    if (connection.socket.bufferedAmount > agentLostBytesMax) {
      // Each command's input is held back long before: this agent was stopped, or takes nothing on purpose.
      connection.socket.terminate();
      return false;
    }
    connection.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Bytes that wait to be sent to the agent. */
  backlogBytes(agentId: AgentId): number {
    return this.#connections.get(agentId)?.socket.bufferedAmount ?? 0;
  }

  /** Starts a command in an agent. Errors: `agent_unavailable`, also when it runs too many already. */
  startExec(
    agentId: AgentId,
    exec: { readonly execId: string; readonly command: string[]; readonly env: Record<string, string> },
    listener: (event: ExecEvent) => void,
  ): void {
    const connection = this.#connections.get(agentId);
    if (connection === undefined) {
      throw new CodedError("agent_unavailable", "The agent is not connected to this server any more.");
    }
    if (connection.execs.size >= execPerAgentMax) {
      throw new CodedError("agent_unavailable", `The agent runs ${execPerAgentMax} commands already, its limit.`, {
        next: "Wait for one to end.",
      });
    }
    if (connection.socket.bufferedAmount > agentBacklogBytesMax) {
      throw new CodedError("agent_unavailable", "The agent is connected, and does not take what is sent to it.", {
        next: "Try again in a moment. When it stays so, look whether the workspace's machine is stopped or overloaded.",
      });
    }
    connection.execs.set(exec.execId, listener);
    this.#used.add(agentId);
    this.send(agentId, { kind: "exec_start", ...exec });
  }

  /** Somebody has used what runs there. */
  use(agentId: AgentId): void {
    this.#used.add(agentId);
  }

  execEvent(agentId: AgentId, execId: string, event: ExecEvent): void {
    const execs = this.#connections.get(agentId)?.execs;
    const listener = execs?.get(execId);
    if (listener === undefined && event.kind === "output") {
      // Left from before the agent reconnected: nobody listens any more, and what nobody can reach must not run on.
      this.send(agentId, { kind: "exec_signal", execId, signal: "SIGHUP" });
    }
    if (event.kind === "exit") execs?.delete(execId);
    listener?.(event);
  }

  /** The agents that somebody has used and that is not noted yet, or uses now. */
  usedAgents(): readonly AgentId[] {
    const used = new Set(this.#used);
    for (const [agentId, connection] of this.#connections) if (connection.execs.size > 0) used.add(agentId);
    return [...used];
  }

  /** Somebody is connected to what runs there, whether he does anything or not. @returns how he leaves. */
  enter(agentId: AgentId): () => void {
    this.#visitors.set(agentId, (this.#visitors.get(agentId) ?? 0) + 1);
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      const left = (this.#visitors.get(agentId) ?? 1) - 1;
      if (left === 0) this.#visitors.delete(agentId);
      else this.#visitors.set(agentId, left);
    };
  }

  connectedAgents(): readonly AgentId[] {
    return [...this.#visitors.keys()];
  }

  /** That these were used has been stored. */
  useNoted(agentIds: readonly AgentId[]): void {
    for (const agentId of agentIds) this.#used.delete(agentId);
  }

  /** Notes that something is still being stored about a connection that has ended. */
  storing(work: Promise<unknown>): void {
    this.#goodbyes.add(work);
    void work.finally(() => this.#goodbyes.delete(work));
  }

  /**
   * Resolves when all connections have ended and everything about them is stored. Of a socket that is closed its own
   * side hears a moment after the server: one that looked once would let the database go before the last goodbyes.
   */
  async settled(limitMs = settledWithinMs): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (this.#connections.size > 0 && performance.now() < endMs) await sleep(settledLookMs);
    while (this.#goodbyes.size > 0) await Promise.allSettled(this.#goodbyes);
  }

  /** Closes every connection: the server stops, and the agents go to another, or wait for it to return. */
  closeAll(): void {
    for (const { socket } of this.#connections.values()) socket.close(1001, "server stopping");
  }
}

function endExecs(connection: Connection, error: string): void {
  for (const listener of connection.execs.values())
    listener({ kind: "exit", exitCode: null, error, isAgentLost: true });
  connection.execs.clear();
}
