import type { ErrorResponse } from "../../contracts/api/error-response.ts";
import { CodedError, isErrorCode, isPassingStatus } from "../../contracts/errors.ts";
import { TunnelResetError } from "../../tunnel/tunnel-duplex.ts";

/** What an upgrade is told as that a server answered with an ordinary response. */
export function refusedUpgrade(status: number, body: string): Error {
  try {
    const { error } = JSON.parse(body) as ErrorResponse;
    if (isErrorCode(error.code)) {
      return new CodedError(error.code, error.message, error.next === undefined ? {} : { next: error.next });
    }
  } catch {
    // It is not an answer of ours: a proxy's.
  }
  const code = isPassingStatus(status) ? "transient" : "internal";
  return new CodedError(code, `The server refused the terminal with status ${status}.`);
}

/** Codes of a stream's end after which the terminal itself may still be there. */
const passing = new Set(["line_lost", "tunnel_over", "terminal_slow", "agent_unavailable", "transient", "closed"]);

/** Whether it is worth another try with a terminal that was reached before. */
export function isPassing(error: unknown): boolean {
  if (error instanceof TunnelResetError || error instanceof CodedError) return passing.has(error.code);
  // Of the network.
  return true;
}

/** As the command line tells it. */
export function coded(error: unknown): unknown {
  if (!(error instanceof TunnelResetError)) return error;
  const { code, message } = error;
  if (code === "tunnel_fault") {
    return new CodedError("agent_outdated", "The server, or the workspace's agent, knows no terminals yet.");
  }
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;
  return isErrorCode(code) ? new CodedError(code, text) : new CodedError("conflict", text);
}
