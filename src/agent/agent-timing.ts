import { terminalEndedMs, terminalStallMs } from "../contracts/terminals.ts";
import { agentPingMs, claimPollConnectedMs, claimPollMs } from "../contracts/agent-protocol.ts";

/** Every wait of the agent, so that a test can run the same code in less time. */
export interface AgentTiming {
  /** Without a connection, or with something to acknowledge. */
  readonly claimPollMs: number;
  /** While it is connected: its server tells it. */
  readonly claimPollConnectedMs: number;
  readonly pingMs: number;
  readonly reconnectBaseMs: number;
  readonly reconnectCapMs: number;
  /** An HTTP request is given up after this. */
  readonly requestMs: number;
  /** Between asking a process group to end and ending it. */
  readonly killGraceMs: number;
  /** Log lines wait this long for company. */
  readonly logFlushMs: number;
  /** A command's pipes are read this long after its exit when something it left behind keeps them open. */
  readonly execDrainMs: number;
  /** Secrets that a server which can be reached does not give are waited for so long: then hooks go without, and fail. */
  readonly secretsWaitMs: number;
  /** A terminal that has ended is shown for so long. */
  readonly terminalEndedMs: number;
  /** A viewer that takes nothing of a terminal's output for so long is sent away. */
  readonly terminalStallMs: number;
}

export const agentTiming: AgentTiming = {
  claimPollMs,
  claimPollConnectedMs,
  pingMs: agentPingMs,
  reconnectBaseMs: 200,
  reconnectCapMs: 5_000,
  requestMs: 15_000,
  killGraceMs: 2_000,
  logFlushMs: 100,
  execDrainMs: 250,
  secretsWaitMs: 60_000,
  terminalEndedMs,
  terminalStallMs,
};
