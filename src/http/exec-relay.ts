import { WebSocket } from "ws";
import type { ExecToClient } from "../contracts/agent-protocol.ts";
import { CodedError } from "../contracts/errors.ts";
import { agentMessageBytesMax } from "../contracts/limits.ts";
import type { ExecEnd, ExecEvents, ExecStart } from "./exec-end.ts";
import type { HttpLimits } from "./http-limits.ts";
import { pingRegularly } from "./keep-alive.ts";

export interface RelayOptions {
  readonly start: ExecStart;
  /** Of the other server's route. */
  readonly url: URL;
  /** What this server comes with; see `relayHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
}

/** A command in an agent that is connected to another server, to which the whole conversation goes. */
export function openRelayedExec(options: RelayOptions, events: ExecEvents): ExecEnd {
  const { start, url, headers, limits } = options;
  const upstream = new WebSocket(url, {
    headers,
    handshakeTimeout: limits.relayConnectMs,
    maxPayload: 2 * agentMessageBytesMax,
    perMessageDeflate: false,
  });
  const stopPings = pingRegularly(upstream, limits.execPingMs);
  const lost = (why: string): void =>
    events.onLost(new CodedError("agent_unavailable", `The server that holds the agent cannot be reached: ${why}.`));
  upstream.on("open", () => {
    upstream.send(JSON.stringify(start));
    events.onOpen();
  });
  upstream.on("message", (data) => {
    const frame = parseFrame(String(data));
    if (frame !== undefined) events.onFrame(frame);
    if (frame?.kind === "exit") upstream.close();
  });
  upstream.on("error", (error) => lost(error.message));
  upstream.on("close", (code) => {
    stopPings();
    lost(`it closed the connection (${code})`);
  });
  return {
    send: (frame) => {
      if (upstream.readyState === upstream.OPEN) upstream.send(JSON.stringify(frame));
    },
    backlogBytes: () => upstream.bufferedAmount,
    hold: (isHeld) => {
      if (!isHeld) goOn(upstream);
      else if (upstream.readyState === upstream.OPEN) upstream.pause();
      return true;
    },
    hangUp: () => {
      // One that is held back would never read the other side's goodbye.
      goOn(upstream);
      upstream.close();
    },
  };
}

/** Of one that never came to be a connection, as when it is refused, `resume` throws: nothing there can be held back. */
function goOn(upstream: WebSocket): void {
  if (upstream.isPaused) upstream.resume();
}

function parseFrame(text: string): ExecToClient | undefined {
  try {
    // A server of this deployment sends frames of this schema only.
    return JSON.parse(text) as ExecToClient;
  } catch {
    return undefined;
  }
}
