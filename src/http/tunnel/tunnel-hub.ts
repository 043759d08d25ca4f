import { WebSocket } from "ws";
import { CodedError } from "../../contracts/errors.ts";
import type { AgentId } from "../../contracts/ids.ts";
import { tunnelLineLostCode, tunnelStreamsPerAgentMax } from "../../contracts/tunnel.ts";
import { encodeTunnelFrame, readTunnelHeader, type TunnelReset } from "../../tunnel/frames.ts";
import { endSocket } from "../end-socket.ts";

/** For the agent to come when it is called. */
const arrivalMs = 10_000;
/** Bytes that wait for an agent: above it, those who send to it are not read. */
const lineBytesHigh = 4 * 1_048_576;
const lineBytesLow = 1_048_576;

/** A client's leg: one stream of an agent's line. */
export interface ClientLeg {
  /** A frame of the agent, with the stream's number on the line. */
  take(message: Buffer): void;
  /** The line has as much as it may: nothing more is to be sent until it goes on. */
  hold(): void;
  goOn(): void;
  onLineLost(): void;
}

/** An agent's line, and the streams on it. */
export class AgentLine {
  readonly #socket: WebSocket;
  readonly #legs = new Map<number, ClientLeg>();
  /** Even: an agent that opens some of its own one day takes the odd ones. */
  #nextNumber = 2;
  readonly #held = new Set<ClientLeg>();

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get streams(): number {
    return this.#legs.size;
  }

  /** Errors: `too_many_open`. */
  add(leg: ClientLeg): number {
    if (this.#legs.size >= tunnelStreamsPerAgentMax) {
      const message = `The workspace has ${tunnelStreamsPerAgentMax} streams open, its limit.`;
      throw new CodedError("too_many_open", message, { next: "Close some of them." });
    }
    const number = this.#nextNumber;
    this.#nextNumber += 2;
    this.#legs.set(number, leg);
    return number;
  }

  /** To the agent. Whoever feeds it faster than it reads is not read for a while. */
  send(message: Buffer, from: ClientLeg): void {
    this.#socket.send(message, () => this.#letGoOn());
    if (this.#socket.bufferedAmount <= lineBytesHigh || this.#held.has(from)) return;
    from.hold();
    this.#held.add(from);
  }

  /** Ends a stream for good, at the agent, too. */
  reset(number: number, reset: TunnelReset): void {
    if (!this.#legs.delete(number)) return;
    if (this.isOpen) this.#socket.send(encodeTunnelFrame(number, { kind: "reset", ...reset }));
  }

  /** The client is gone; what it had may be taken up again. */
  detach(number: number): void {
    if (!this.#legs.delete(number)) return;
    if (this.isOpen) this.#socket.send(encodeTunnelFrame(number, { kind: "detach" }));
  }

  /** A frame of the agent for one of its clients. @throws TunnelFault */
  deliver(message: Buffer): void {
    const { stream } = readTunnelHeader(message);
    const leg = this.#legs.get(stream);
    if (leg === undefined) {
      // Its client left while it was opened: the agent has to know, or keeps it for nobody.
      if (this.isOpen) this.#socket.send(encodeTunnelFrame(stream, { kind: "detach" }));
      return;
    }
    leg.take(message);
  }

  close(code: number, reason: string): void {
    endSocket(this.#socket, code, reason);
  }

  /** The line is gone. */
  end(): void {
    const legs = [...this.#legs.values()];
    this.#legs.clear();
    for (const leg of this.#held) leg.goOn();
    this.#held.clear();
    for (const leg of legs) leg.onLineLost();
  }

  #letGoOn(): void {
    if (this.#held.size === 0 || this.#socket.bufferedAmount > lineBytesLow) return;
    const held = [...this.#held];
    this.#held.clear();
    for (const leg of held) leg.goOn();
  }
}

/** Where a stream goes on from here: an agent's line, or another server. */
export interface TunnelOnward {
  /** Ends it for good there. */
  reset(reset: TunnelReset): void;
}

/** The tunnels' lines of the agents that are connected to this server. */
export class TunnelHub {
  readonly #lines = new Map<AgentId, AgentLine>();
  readonly #waiting = new Map<AgentId, Set<(line: AgentLine) => void>>();

  get streams(): number {
    let sum = 0;
    for (const line of this.#lines.values()) sum += line.streams;
    return sum;
  }

  add(agentId: AgentId, line: AgentLine): void {
    this.#lines.get(agentId)?.close(1000, "replaced");
    this.#lines.set(agentId, line);
    for (const tell of this.#waiting.get(agentId) ?? []) tell(line);
    this.#waiting.delete(agentId);
  }

  remove(agentId: AgentId, line: AgentLine): void {
    if (this.#lines.get(agentId) === line) this.#lines.delete(agentId);
    line.end();
  }

  /** The agent's line; where there is none, `call` calls for it. Errors: `agent_unavailable`. */
  async line(agentId: AgentId, call: () => boolean): Promise<AgentLine> {
    const line = this.#lines.get(agentId);
    if (line?.isOpen === true) return line;
    if (!call()) {
      throw new CodedError("agent_unavailable", "The agent is not connected to this server any more.", {
        retryAfterSeconds: 1,
      });
    }
    return await this.#arrival(agentId);
  }

  closeAll(): void {
    for (const line of this.#lines.values()) line.close(1001, "server stopping");
  }

  #arrival(agentId: AgentId): Promise<AgentLine> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(agentId) ?? new Set();
      this.#waiting.set(agentId, waiting);
      const limit = setTimeout(() => {
        waiting.delete(tell);
        if (waiting.size === 0) this.#waiting.delete(agentId);
        reject(
          new CodedError("agent_unavailable", "The agent was called for, and did not open its tunnel.", {
            next: "Restart the workspace: its agent may be of an older release.",
            retryAfterSeconds: 5,
          }),
        );
      }, arrivalMs);
      const tell = (line: AgentLine): void => {
        clearTimeout(limit);
        resolve(line);
      };
      waiting.add(tell);
    });
  }
}

/** Tells a client why its stream is over, and closes its leg. */
export function resetLeg(socket: WebSocket, reset: TunnelReset): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(encodeTunnelFrame(0, { kind: "reset", ...reset }));
  endSocket(socket, 1000, "reset");
}

/** The line is gone, and the stream may go on over another. */
export function loseLeg(socket: WebSocket): void {
  endSocket(socket, tunnelLineLostCode, "line lost");
}
