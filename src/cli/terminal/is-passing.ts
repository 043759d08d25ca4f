import { CodedError } from "../../contracts/errors.ts";
import { TunnelResetError } from "../../tunnel/tunnel-duplex.ts";

/** Codes of a stream's end after which the terminal itself may still be there. */
const passing = new Set(["line_lost", "tunnel_over", "terminal_slow", "agent_unavailable", "transient", "closed"]);

/** Whether it is worth another try with a terminal that was reached before. */
export function isPassing(error: unknown): boolean {
  if (error instanceof TunnelResetError || error instanceof CodedError) return passing.has(error.code);
  // Of the network.
  return true;
}
