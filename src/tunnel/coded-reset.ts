import { CodedError, isErrorCode } from "../contracts/errors.ts";
import { TunnelLineError, TunnelResetError } from "./tunnel-duplex.ts";

/** A stream's end before its time or its beginning, as an error of the product: with its code, and a whole sentence. Anything else stays. */
export function codedReset(error: unknown): unknown {
  if (error instanceof TunnelLineError) {
    const text = `The server of the workspace cannot be reached: ${error.message}.`;
    return new CodedError("transient", text, { cause: error, next: "Try again; `prewarm ping WORKSPACE` says more." });
  }
  if (!(error instanceof TunnelResetError)) return error;
  const { code, message } = error;
  // What was asked is well formed: it is a fault only to one that does not know it.
  if (code === "tunnel_fault") {
    const text = "The workspace's agent, or the server, is of an older release, which does not know this yet.";
    return new CodedError("agent_outdated", text);
  }
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith(".") ? "" : "."}`;
  return new CodedError(isErrorCode(code) ? code : "conflict", text);
}
